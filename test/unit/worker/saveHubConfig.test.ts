import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { hubConfigLocation } from '../../../src/checkpoint/remoteLocation';
import { DEFAULT_HTTP } from '../../../src/files/httpRequest';
import { DEFAULT_RANGES } from '../../../src/files/httpRetry';
import { nodeFiles } from '../../../src/files/nodeFile';
import { remoteFiles } from '../../../src/files/remoteFiles';
import { TestServer } from '../files/httpServer';
import { jobCaller } from './jobContext';

const CONFIG = JSON.stringify({ model_type: 'llama', hidden_size: 64, num_hidden_layers: 2 }, null, 2);

describe('a config.json from the Hub', () => {
  let server: TestServer;
  let folder: string;
  const remote = remoteFiles({ ...DEFAULT_HTTP, ...DEFAULT_RANGES });
  const call = jobCaller({ ...nodeFiles, readBeside: remote.readBeside });

  before(async () => {
    server = await TestServer.start();
    const serve = (name: string, body: string, status = 200): void =>
      void server.on(`/${name}/config.json`, (_request, response) => response.writeHead(status).end(body));
    serve('good', CONFIG);
    serve('page', '<html>sign in</html>');
    serve('list', '[1, 2]');
    serve('deep', '['.repeat(100_000));
    serve('gated', 'no', 401);
    serve('large', `{"a": "${'x'.repeat(11 * 2 ** 20)}"}`);
  });
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  after(() => server.close());

  const get = (name: string, signal?: AbortSignal): Promise<string> =>
    call('hub/config', { location: `${server.origin}/${name}/config.json`, folder: path.join(folder, name) }, signal);

  it('is saved as the Hub has it, in a folder that is created', async () => {
    const saved = await get('good');
    assert.equal(saved, path.join(folder, 'good', 'config.json'));
    assert.equal(readFileSync(saved, 'utf8'), CONFIG);
    assert.deepEqual(readdirSync(path.dirname(saved)), ['config.json']);
  });

  for (const [name, code, message] of [
    ['missing', 'NotFound', /there is no /],
    ['page', 'Unreadable', /not JSON/],
    ['list', 'Unreadable', /no JSON object/],
    ['deep', 'Unreadable', /nests deeper/],
    ['gated', 'Unreadable', /401|token|permission/i],
    ['large', 'TooLarge', /exceed the limit/],
  ] as const) {
    it(`is refused by name and leaves no file: ${name}`, async () => {
      await assert.rejects(get(name), (error: Error & { code?: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      });
      assert.equal(existsSync(path.join(folder, name, 'config.json')), false);
    });
  }

  it('is not saved after a cancel', async () => {
    const controller = new AbortController();
    controller.abort(new Error('cancelled'));
    await assert.rejects(get('good', controller.signal), /cancelled/);
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe('the location of a config on the Hub', () => {
  it('is that of owner and name, and there is none for paths and other names', () => {
    assert.equal(hubConfigLocation('Qwen/Qwen3-4B'), 'hf://Qwen/Qwen3-4B/config.json');
    for (const name of ['gpt2', './model', '../up', '/data/llama', 'a/b/c', 'a b/c', 'C:\\models', '', 'a/..'])
      assert.equal(hubConfigLocation(name), null, name);
  });
});
