import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { build } from 'esbuild';
import { WorkerSource } from '../../../src/host/workerSource';
import { WorkerClient } from '../../../src/host/workerClient';
import type { MatrixRef, Statistics } from '../../../src/protocol/matrix';
import { CancelledError, DisconnectedError } from '../../../src/protocol/rpc';
import type { Handlers } from '../../../src/protocol/rpc';
import type { EditorRequests } from '../../../src/protocol/worker';
import { fileOf, tensorField } from '../checkpoint/fixtures';

/** The worker's own jobs, except three that make it die or never answer. */
const MORTAL_WORKER = `
  import { Endpoint } from './src/protocol/rpc';
  import { createJobs } from './src/worker/jobs';
  import { nodeFiles } from './src/files/nodeFile';
  import { parentTransport } from './src/files/portTransport';
  new Endpoint(parentTransport(), {
    ...createJobs(nodeFiles),
    'lora/metrics': () => process.exit(7),
    'lora/products': () => {
      setImmediate(() => { throw new Error('out of the blue'); });
      return new Promise(() => {});
    },
    'lora/spectrum': () => new Promise(() => {}),
  });
`;

/** Linux lists the open files of a process here. Threads share them. */
const HANDLES = '/proc/self/fd';

function openHandles(): string[] {
  return readdirSync(HANDLES).map((handle) => {
    try {
      return readlinkSync(path.join(HANDLES, handle));
    } catch {
      // Closed since the folder was listed.
      return '';
    }
  });
}

const MATRIX: MatrixRef = { kind: 'tensor', name: 'x' };

const unasked = (): never => assert.fail('the worker asked the editor');
const EDITOR: Handlers<EditorRequests> = {
  'file/read': unasked,
  'file/names': unasked,
  'hub/token': unasked,
  'redirect/allow': unasked,
};

describe('a worker that dies', () => {
  let folder: string;
  let script: string;
  let log: string[];
  let client: WorkerClient;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
    script = path.join(folder, 'worker.js');
    await build({
      stdin: { contents: MORTAL_WORKER, resolveDir: process.cwd(), loader: 'ts' },
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'silent',
    });
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    log = [];
    client = new WorkerClient(script, (line) => log.push(line), EDITOR);
  });
  afterEach(() => client.dispose());

  /** A source whose file repeats one value. */
  const sourceOf = (value: number): WorkerSource => {
    const file = path.join(folder, `${value}.safetensors`);
    const values = new Float32Array(64).fill(value);
    writeFileSync(
      file,
      Buffer.concat([fileOf({ x: tensorField('F32', [8, 8], 0, 256) }), new Uint8Array(values.buffer)]),
    );
    return new WorkerSource(client, () => client.request('checkpoint/open', { path: file }));
  };
  const statistics = (source: WorkerSource): Promise<Statistics> =>
    source.request('matrix/statistics', { matrix: MATRIX });
  /** The error of a request that must fail. */
  const failure = (request: Promise<unknown>): Promise<Error> =>
    request.then(
      () => assert.fail('answered'),
      (error: Error) => error,
    );

  it('rejects every pending request with an error that says so', async () => {
    const source = sourceOf(1);
    const { source: id } = await client.request('checkpoint/open', { path: path.join(folder, '1.safetensors') });
    const waiting = failure(client.request('lora/spectrum', { source: id, module: 'm' }));
    const fatal = failure(client.request('lora/metrics', { source: id }));
    for (const error of [await waiting, await fatal]) {
      assert.ok(error instanceof DisconnectedError, String(error));
      assert.match(error.message, /exited with code 7/);
    }
    assert.match(log.join('\n'), /exited with code 7; the next request starts another/);
    source.dispose();
  });

  it('passes on an error that no job threw', async () => {
    const opened = await sourceOf(2).use(async (id) => id);
    const error = await failure(client.request('lora/products', { source: opened, module: 'm', row: 0, column: 0 }));
    assert.ok(error instanceof DisconnectedError);
    assert.match(error.message, /out of the blue/);
  });

  it('is replaced at the next request, which opens its source again', async () => {
    const source = sourceOf(3);
    assert.equal((await statistics(source)).mean, 3);
    await failure(source.request('lora/metrics', {}));
    assert.equal((await statistics(source)).mean, 3);
    assert.equal((await source.snapshot()).failure, null);
  });

  it('never confuses sources, in whatever order they are opened again', async () => {
    const [first, second] = [sourceOf(4), sourceOf(5)];
    assert.deepEqual([(await statistics(first)).mean, (await statistics(second)).mean], [4, 5]);
    await failure(first.request('lora/metrics', {}));
    assert.deepEqual([(await statistics(second)).mean, (await statistics(first)).mean], [5, 4]);
  });

  it('never answers with numbers of another source while it stops', async () => {
    const [first, second] = [sourceOf(6), sourceOf(7)];
    await statistics(first);
    await statistics(second);
    const meanOf = (source: WorkerSource): Promise<number | null> =>
      statistics(source).then(
        ({ mean }) => mean,
        (error: unknown) => (error instanceof DisconnectedError ? null : assert.fail(String(error))),
      );
    const answers = [
      meanOf(second),
      failure(first.request('lora/metrics', {})).then(() => meanOf(second)),
      meanOf(first),
    ];
    // The thread answered before its end, or failed the request, or the next thread answered.
    const [before, after, late] = await Promise.all(answers);
    assert.ok([7, null].includes(before!) && [6, null].includes(late!), `${before}, ${late}`);
    assert.equal(after, 7);
  });

  it('gets no cancel after its death, and a request cancelled before stays cancelled', async () => {
    const source = sourceOf(8);
    const controller = new AbortController();
    const waiting = failure(source.request('lora/spectrum', { module: 'm' }, { signal: controller.signal }));
    const fatal = source.use(async (id) => id).then((id) => failure(client.request('lora/metrics', { source: id })));
    await source.use(async (id) => id);
    controller.abort();
    assert.ok((await waiting) instanceof CancelledError);
    await fatal;
    assert.equal((await statistics(source)).mean, 8);
  });

  it('has no file open after fifty tabs were opened and closed fast', async function () {
    if (!existsSync(HANDLES)) this.skip();
    const file = path.join(folder, 'tabs.safetensors');
    const fields = Array.from({ length: 5000 }, (_, i) => [`layers.${i}.weight`, tensorField('F32', [0, 4], 0, 0)]);
    writeFileSync(file, fileOf(Object.fromEntries(fields)));
    const open = (): number => openHandles().filter((target) => target === realpathSync(file)).length;
    const tabs = Array.from({ length: 50 }, () => {
      const tab = new WorkerSource(client, (opening) => client.request('checkpoint/open', { path: file }, opening));
      return { tab, shown: tab.snapshot() };
    });
    // Some close before they are open and some after.
    await tabs[20]!.shown;
    assert.ok(open() > 0, 'some are open');
    for (const { tab } of tabs) tab.dispose();
    await Promise.all(tabs.map(({ shown }) => shown));
    while (open() > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('rejects pending requests when the editor disposes it, and starts no other', async () => {
    const source = sourceOf(9);
    const id = await source.use(async (id) => id);
    const waiting = failure(client.request('lora/spectrum', { source: id, module: 'm' }));
    client.dispose();
    assert.match((await waiting).message, /was stopped/);
    await assert.rejects(async () => statistics(source), /was stopped|closed/);
    assert.deepEqual(log, []);
  });

  it('rejects the request if it cannot start', async () => {
    const missing = new WorkerClient(path.join(folder, 'nowhere.js'), (line) => log.push(line), EDITOR);
    const error = await failure(missing.request('checkpoint/open', { path: 'x' }));
    assert.ok(error instanceof DisconnectedError);
    assert.match(error.message, /nowhere\.js/);
    missing.dispose();
  });
});
