import { strict as assert } from 'node:assert';
import { findAdapters } from '../../../../src/planner/scan/findAdapters';
import type { SearchedFolder } from '../../../../src/protocol/adapters';
import { MAX_ADAPTERS } from '../../../../src/protocol/adapters';
import { FakeFolders } from './fakeFolders';

const { signal } = new AbortController();
const ROOT: SearchedFolder = { path: '/w', prefix: '', excluded: [], followLinks: true };

async function found(disk: FakeFolders, ...roots: readonly SearchedFolder[]) {
  const folders = roots.length > 0 ? roots : [ROOT];
  const { adapters, stopped } = await findAdapters({ revision: 1, folders }, disk, signal);
  assert.equal(stopped, null);
  return adapters.map(({ folder, weights, config, pickle, name }) => {
    return [folder, weights ?? '-', name, ...(config ? ['config'] : []), ...(pickle ? ['pickle'] : [])].join(' ');
  });
}

describe('the search for adapters', () => {
  it('takes every file of weights as an adapter, and a config or a pickle only without weights', async () => {
    const disk = new FakeFolders()
      .add('/w/b/adapter_model.safetensors')
      .add('/w/b/adapter_config.json')
      .add('/w/a/only/adapter_config.json')
      .add('/w/a/only/adapter_model.bin')
      .add('/w/c/my_lora_v2.safetensors')
      .add('/w/c/adapters.safetensors')
      .add('/w/c/model.safetensors')
      .add('/w/adapter_model.bin');
    assert.deepEqual(await found(disk), [
      'a/only - only config pickle',
      'b adapter_model.safetensors b config',
      'c adapters.safetensors c',
      'c my_lora_v2.safetensors my_lora_v2.safetensors',
      'w - w pickle',
    ]);
  });

  it('leaves out excluded folders and files, and does not enter such folders', async () => {
    const disk = new FakeFolders()
      .add('/w/keep/adapter_config.json')
      .add('/w/node_modules/x/adapter_config.json')
      .add('/w/runs/old/adapter_config.json')
      .add('/w/secret/adapter_model.bin');
    const excluded = ['**/{node_modules,.git}/**', 'runs/*', '**/*.bin'];
    assert.deepEqual(await found(disk, { ...ROOT, excluded }), ['keep - keep config']);
    assert.deepEqual(disk.entered, ['/w', '/w/keep', '/w/runs', '/w/secret']);
  });

  it('enters a folder once, whatever links and roots lead to it, and ends on a circle of links', async () => {
    const disk = new FakeFolders()
      .add('/w/z/adapter_config.json')
      .add('/w/a', { link: '/w/z' })
      .add('/w/z/up', { link: '/w' })
      .add('/w/self', { link: '/w/self' })
      .add('/w/out', { link: '/elsewhere' })
      .add('/elsewhere/adapter_config.json');
    assert.deepEqual(await found(disk), ['out - out config', 'z - z config']);
    const nested = { ...ROOT, path: '/w/z', prefix: 'inner' };
    assert.deepEqual(await found(disk, { ...ROOT, prefix: 'outer' }, nested), [
      'inner - inner config',
      'outer/out - out config',
    ]);
    assert.deepEqual(await found(disk, { ...ROOT, followLinks: false }), ['z - z config']);
  });

  it('takes a link with the name of an adapter if it leads to a file, and no pipe', async () => {
    const disk = new FakeFolders()
      .add('/blobs/1')
      .add('/w/linked/adapter_model.safetensors', { link: '/blobs/1' })
      .add('/w/dangling/adapter_model.safetensors', { link: '/blobs/2' })
      .add('/w/folder/adapter_config.json', { link: '/blobs' })
      .add('/w/pipe/adapter_config.json', 'pipe');
    assert.deepEqual(await found(disk), ['linked adapter_model.safetensors linked']);
  });

  it('stops at its limit, says so, and finds the same adapters each time', async () => {
    const disk = new FakeFolders();
    for (let i = 0; i < MAX_ADAPTERS + 50; i++) disk.add(`/w/many/run-${i}/adapter_config.json`);
    const search = { revision: 1, folders: [ROOT] };
    const [first, second] = [await findAdapters(search, disk, signal), await findAdapters(search, disk, signal)];
    assert.equal(first.adapters.length, MAX_ADAPTERS);
    assert.deepEqual(first.stopped, { after: 'adapters', count: MAX_ADAPTERS });
    assert.equal(JSON.stringify(first), JSON.stringify(second));
  });

  it('groups the files that the editor found in a file system of its own', async () => {
    const folder = {
      uri: 'memfs://host/w%20s',
      prefix: 'virtual',
      files: [
        'memfs://host/w%20s/a%20b/adapter_model.safetensors?v=1',
        'memfs://host/w%20s/c/adapter_config.json',
        'memfs://host/w%20s/a%20b/adapter_config.json?v=1',
        'memfs://host/w%20s/adapter_model.bin',
      ],
      stopped: true,
    };
    const { adapters, stopped } = await findAdapters({ revision: 1, folders: [folder] }, new FakeFolders(), signal);
    assert.deepEqual(
      adapters.map((each) => [each.folder, each.name, each.weights, each.unsearched, each.place]),
      [
        ['virtual', 'virtual', null, true, { uri: 'memfs://host/w%20s' }],
        ['virtual/a b', 'a b', 'adapter_model.safetensors', false, { uri: 'memfs://host/w%20s/a%20b?v=1' }],
        ['virtual/c', 'c', null, true, { uri: 'memfs://host/w%20s/c' }],
      ],
    );
    assert.equal(stopped?.after, 'files');
  });

  it('ends when it is cancelled', async () => {
    const disk = new FakeFolders().add('/w/a/b/adapter_config.json');
    const controller = new AbortController();
    const search = findAdapters({ revision: 1, folders: [ROOT] }, disk, controller.signal);
    controller.abort(new Error('no longer wanted'));
    await assert.rejects(search, /no longer wanted/);
    assert.ok(!disk.entered.includes('/w/a/b'));
  });
});
