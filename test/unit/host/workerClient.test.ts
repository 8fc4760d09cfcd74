import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { WorkerClient } from '../../../src/host/workerClient';
import { DisconnectedError } from '../../../src/protocol/rpc';

interface Requests {
  'number/double'(params: { readonly number: number }): number;
  'thread/die'(params: Record<never, never>): void;
}

/** A thread that doubles numbers, and dies when asked to. */
const SCRIPT = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ kind, id, method, params }) => {
  if (kind !== 'request') return;
  if (method === 'thread/die') process.exit(3);
  parentPort.postMessage({ kind: 'reply', id, result: 2 * params.number });
});`;

describe('the client of a thread', () => {
  let folder: string;
  let lines: string[];
  let client: WorkerClient<Requests>;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-client-'));
    writeFileSync(path.join(folder, 'thread.js'), SCRIPT);
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    lines = [];
    client = new WorkerClient<Requests>(path.join(folder, 'thread.js'), (line) => lines.push(line), 'test thread');
  });
  afterEach(() => client.dispose());

  it('starts no thread before the first request', async () => {
    assert.equal(client.generation, 0);
    assert.equal(await client.request('number/double', { number: 21 }), 42);
    assert.equal(client.generation, 1);
  });

  it('rejects what was pending when the thread dies, says so, and starts another for the next request', async () => {
    await assert.rejects(client.request('thread/die', {}), DisconnectedError);
    assert.deepEqual(lines, ['the test thread exited with code 3; the next request starts another']);
    assert.equal(await client.request('number/double', { number: 4 }), 8);
    assert.equal(client.generation, 2);
  });

  it('rejects what is pending when it is disposed, and starts nothing after that', async () => {
    const pending = client.request('number/double', { number: 1 });
    client.dispose();
    await assert.rejects(pending, DisconnectedError);
    assert.throws(() => client.request('number/double', { number: 1 }), /was stopped/);
  });
});
