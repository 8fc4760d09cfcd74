import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { ModelReference } from '../../../../src/protocol/models';
import { hubFolderName, hubFolders } from '../../../../src/files/hubCache';
import { Models } from '../../../../src/planner/models/models';
import { nodeModelFiles } from '../../../../src/files/nodeModelFiles';
import { TestHost } from '../testHost';

const COMMIT = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);

describe('the base model of an adapter', () => {
  let root: string;
  let models: Models;
  let host: TestHost;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'peft-models-'));
    host = new TestHost();
    models = new Models({ ...nodeModelFiles, hubFolders: [path.join(root, 'hub')] }, host);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const write = (file: string, content: unknown): void => {
    const full = path.join(root, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, typeof content === 'string' ? content : JSON.stringify(content));
  };
  const cached = (name: string, commit: string, layers: number): void =>
    write(`hub/models--${name.replace('/', '--')}/snapshots/${commit}/config.json`, {
      model_type: 'gpt2',
      n_layer: layers,
    });
  const find = async (name: string | null, more: Partial<Extract<ModelReference, { kind: 'named' }>> = {}) => {
    const found = await models.find({ kind: 'named', name, folder: null, localFolder: null, workspace: [], ...more });
    return found && { place: found.place, layers: (found.config as { n_layer?: number }).n_layer };
  };

  it("is the snapshot that the hub cache's main points at, or the requested revision", async () => {
    cached('owner/model', COMMIT, 3);
    cached('owner/model', OTHER, 5);
    write('hub/models--owner--model/refs/main', OTHER);
    write('hub/models--owner--model/refs/refs/pr/1', COMMIT);
    assert.deepEqual(await find('owner/model'), { place: 'cache', layers: 5 });
    assert.deepEqual(await find('owner/model', { revision: COMMIT }), { place: 'cache', layers: 3 });
    assert.deepEqual(await find('owner/model', { revision: 'refs/pr/1' }), { place: 'cache', layers: 3 });
    assert.equal(await find('owner/model', { revision: 'v2' }), null);
  });

  it('is any snapshot of a model that was only downloaded by commit', async () => {
    cached('gpt-unheard', COMMIT, 7);
    assert.deepEqual(await find('gpt-unheard'), { place: 'cache', layers: 7 });
  });

  it('is found in the workspace, then on the disk, then in the cache, then among the presets', async () => {
    cached('me/gpt2', COMMIT, 3);
    write('hub/models--me--gpt2/refs/main', COMMIT);
    write('work/me/gpt2/config.json', { model_type: 'gpt2', n_layer: 4 });
    const localFolder = path.join(root, 'work');
    const inWorkspace = {
      title: 'x',
      folder: 'file:///far',
      name: 'gpt2',
      ownName: null,
      file: host.document('x', { n_layer: 5 }),
    };
    assert.deepEqual(await find('me/gpt2', { localFolder, workspace: [inWorkspace] }), {
      place: 'workspace',
      layers: 5,
    });
    assert.deepEqual(await find('me/gpt2', { localFolder }), { place: 'disk', layers: 4 });
    assert.deepEqual(await find('me/gpt2'), { place: 'cache', layers: 3 });
    rmSync(path.join(root, 'hub'), { recursive: true });
    assert.deepEqual(await find('me/gpt2'), { place: 'preset', layers: 12 });
  });

  it("is the user's choice for its name before anything else", async () => {
    const chosen = [{ name: 'gpt2', model: host.document('mine', { n_layer: 9 }) }];
    assert.deepEqual(await find('gpt2', { chosen }), { place: 'chosen', layers: 9 });
    assert.deepEqual(await find('other/gpt2', { chosen }), { place: 'preset', layers: 12 });
  });

  it('comes from the host once for each state of a file that only the editor can read', async () => {
    const chosen = (layers: number, stamp: string) => [
      { name: 'far', model: host.document('far', { n_layer: layers }, stamp) },
    ];
    const first = chosen(9, '1');
    assert.deepEqual(await find('far', { chosen: first }), { place: 'chosen', layers: 9 });
    assert.deepEqual(await find('far', { chosen: first }), { place: 'chosen', layers: 9 });
    assert.equal(host.asked.length, 1);
    assert.deepEqual(await find('far', { chosen: chosen(4, '2') }), { place: 'chosen', layers: 4 });
    assert.equal(host.asked.length, 2);
  });

  it('is found at an absolute path, and at one that leads up from the adapter', async () => {
    write('base/config.json', { model_type: 'gpt2', n_layer: 2 });
    write('adapter/adapter_config.json', {});
    assert.deepEqual(await find(path.join(root, 'base')), { place: 'disk', layers: 2 });
    assert.deepEqual(await find('../base', { localFolder: path.join(root, 'adapter') }), { place: 'disk', layers: 2 });
  });

  it('is not searched by names that lead out of the cache or to another machine', async () => {
    write('secret/snapshots/main/config.json', { n_layer: 1 });
    write('hub/models--a--b/refs/main', '../../../secret');
    write('hub/models--a--b/x', '');
    assert.equal(await find('a/b'), null);
    assert.equal(await find('a/b', { revision: '../../../secret' }), null);
    for (const name of ['../x', 'a/../b', 'a--b', 'a/b/c', '.a/b', 'a/b\0', '', 'a\\b', 'a b', 'ü/x'])
      assert.equal(hubFolderName(name), null, name);
    for (const name of ['//server/share/model', '\\\\server\\share\\model', `${root}\0`])
      assert.equal(await find(name), null);
    assert.equal(hubFolderName('EleutherAI/gpt-neo-125M'), 'models--EleutherAI--gpt-neo-125M');
    assert.equal(hubFolderName('gpt2'), 'models--gpt2');
  });

  it('is searched in the cache folder that the environment names', () => {
    const home = '/home/me';
    assert.deepEqual(hubFolders({}, home), ['/home/me/.cache/huggingface/hub']);
    assert.deepEqual(hubFolders({ XDG_CACHE_HOME: '/xdg' }, home), ['/xdg/huggingface/hub']);
    assert.deepEqual(hubFolders({ XDG_CACHE_HOME: '/xdg', HF_HOME: '~/hf' }, home), ['/home/me/hf/hub']);
    assert.deepEqual(hubFolders({ HF_HOME: '/hf', HF_HUB_CACHE: '/cache' }, home), ['/cache']);
  });

  it('has the shapes of the shards that its index names, and of no other file', async () => {
    const header = (name: string): Buffer => {
      const text = JSON.stringify({ [name]: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } });
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(text.length));
      return Buffer.concat([length, Buffer.from(text), Buffer.alloc(8)]);
    };
    write('m/config.json', { model_type: 'unheard_of' });
    write('m/model.safetensors.index.json', { weight_map: { a: 'one.safetensors', b: 'two.safetensors' } });
    writeFileSync(path.join(root, 'm/one.safetensors'), header('a'));
    writeFileSync(path.join(root, 'm/two.safetensors'), header('b'));
    const reference = { kind: 'file', title: 'm', path: path.join(root, 'm/config.json') } as const;
    const shapes = async (among = new Models(nodeModelFiles, host)) => among.tensors((await among.find(reference))!);
    assert.deepEqual(await shapes(), [
      ['a', [2]],
      ['b', [2]],
    ]);
    write('m/model.safetensors.index.json', { weight_map: { a: '../m/one.safetensors' } });
    assert.equal(await shapes(), null);
    rmSync(path.join(root, 'm/two.safetensors'));
    write('m/model.safetensors.index.json', { weight_map: { a: 'one.safetensors', b: 'two.safetensors' } });
    assert.equal(await shapes(), null);
  });
});
