import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { SourceShelf } from '../../../src/host/sourceShelf';
import { WorkerSource } from '../../../src/host/workerSource';
import type { OpeningOptions } from '../../../src/host/workerSource';
import { nodeFiles } from '../../../src/files/nodeFile';
import type { FileAccess } from '../../../src/checkpoint/fileAccess';
import { Endpoint } from '../../../src/protocol/rpc';
import type { Handlers } from '../../../src/protocol/rpc';
import type { WorkerRequests } from '../../../src/protocol/worker';
import { createJobs } from '../../../src/worker/jobs';
import { fileOf, tensorField } from '../checkpoint/fixtures';
import { quiet, transportPair } from '../protocol/transportPair';
import type { Wire } from '../protocol/transportPair';

/** The worker's jobs on the other side of a channel, with its open files counted. */
class Bench {
  readonly client: Endpoint<WorkerRequests, Record<never, never>>;
  readonly wire: Wire;
  readonly opened: string[] = [];
  files = 0;

  constructor(overrides: Partial<Handlers<WorkerRequests>> = {}) {
    const [near, far, wire] = transportPair();
    this.wire = wire;
    new Endpoint<Record<never, never>, WorkerRequests>(far, { ...createJobs(this.counting()), ...overrides });
    this.client = new Endpoint(near, {});
  }

  /** `onLate` is called for each source that opens after it was cancelled. */
  source(file: string, shelf?: SourceShelf, onLate?: () => void): WorkerSource {
    const worker = { generation: 1, request: this.client.request.bind(this.client) };
    const noting = (opening: OpeningOptions): OpeningOptions => ({
      ...opening,
      onLate: (opened) => (onLate?.(), opening.onLate?.(opened)),
    });
    return new WorkerSource(
      worker,
      (opening) => this.client.request('checkpoint/open', { path: file }, noting(opening)),
      shelf ? { shelf } : {},
    );
  }

  /** Waits until the worker has nothing to do and nothing to say. */
  async rest(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await quiet(this.wire);
    }
  }

  private counting(): FileAccess {
    return {
      ...nodeFiles,
      open: async (location, signal) => {
        const opened = await nodeFiles.open(location, signal);
        const { source } = opened;
        this.files++;
        this.opened.push(path.basename(location));
        const close = async (): Promise<void> => {
          this.files--;
          await source.close();
        };
        return { ...opened, source: { size: source.size, read: (...range) => source.read(...range), close } };
      },
    };
  }
}

describe('a source in the worker', () => {
  let folder: string;
  let file: string;
  const write = (name: string, tensors = 2000): string => {
    const fields = Array.from({ length: tensors }, (_, i) => [`layers.${i}.weight`, tensorField('F32', [0, 4], 0, 0)]);
    const written = path.join(folder, name);
    writeFileSync(written, fileOf(Object.fromEntries(fields)));
    return written;
  };
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
    file = write('model.safetensors');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is closed in the worker if its tab closes while the reply that it is open is on its way', async () => {
    const bench = new Bench();
    const source = bench.source(file);
    const snapshot = source.snapshot();
    const replied = (): boolean => bench.wire.messages.some(({ message }) => message.kind === 'reply');
    while (!replied()) await new Promise(setImmediate);
    assert.deepEqual([bench.wire.underWay, bench.files], [1, 1]);
    source.dispose();
    await snapshot;
    await bench.rest();
    assert.equal(bench.files, 0);
  });

  it('leaves nothing open if its tab closes at any moment of the opening', async () => {
    const bench = new Bench();
    for (let turns = 0; turns < 60; turns++) {
      const source = bench.source(file);
      const snapshot = source.snapshot();
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      source.dispose();
      await snapshot;
    }
    await bench.rest();
    assert.equal(bench.files, 0);
    assert.ok(bench.opened.length > 0, 'some of them were open');
  });

  it('leaves nothing open after 1,200 openings that are cancelled, of which every third has just been answered', async () => {
    const bench = new Bench();
    const small = write('small.safetensors', 20);
    let late = 0;
    for (let round = 0; round < 1200; round++) {
      const before = bench.wire.messages.length;
      const source = bench.source(small, undefined, () => late++);
      const snapshot = source.snapshot();
      const replied = (): boolean =>
        bench.wire.messages.slice(before).some(({ message }) => 'result' in message && message.result !== undefined);
      // The rest of them are cancelled at a turn of their own.
      for (let turn = 0; round % 3 === 0 ? !replied() : turn < round % 40; turn++)
        await new Promise((resolve) => setImmediate(resolve));
      source.dispose();
      await snapshot;
    }
    await bench.rest();
    assert.equal(bench.files, 0);
    assert.ok(late >= 400, `${late} replies came late`);
    assert.ok(bench.opened.length >= 400);
  });

  it('cancels a long opening when its tab closes', async () => {
    let signal: AbortSignal | undefined;
    const bench = new Bench({
      'checkpoint/open': (_params, context) => {
        ({ signal } = context);
        return new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(new Error('stopped'))));
      },
    });
    const source = bench.source(file);
    const snapshot = source.snapshot();
    await quiet(bench.wire);
    source.dispose();
    assert.notEqual((await snapshot).failure, null);
    await quiet(bench.wire);
    assert.equal(signal?.aborted, true);
  });

  it('opens again for the other editor if one of two reloads it while it opens', async () => {
    const bench = new Bench();
    const source = bench.source(file);
    const [other, reloaded] = await Promise.all([source.snapshot(), source.reload()]);
    assert.deepEqual([other.failure, reloaded.failure], [null, null]);
    await bench.rest();
    assert.equal(bench.files, 1);
    source.dispose();
    await bench.rest();
    assert.equal(bench.files, 0);
  });

  it('is closed when others need the memory, and opens again when it is shown', async () => {
    const bench = new Bench();
    const one = bench.source(file);
    const { characters } = (await one.snapshot()).source!;
    one.dispose();
    const shelf = new SourceShelf(2.5 * characters);
    const sources = Array.from({ length: 6 }, (_, i) => bench.source(write(`${i}.safetensors`), shelf));
    for (const each of sources) assert.equal((await each.snapshot()).failure, null);
    await bench.rest();
    assert.equal(bench.files, 2);
    bench.opened.length = 0;
    assert.equal((await sources[0]!.snapshot()).failure, null);
    assert.deepEqual(bench.opened, ['0.safetensors']);
    await bench.rest();
    assert.equal(bench.files, 2);
    for (const each of sources) each.dispose();
    await bench.rest();
    assert.equal(bench.files, 0);
  });
});
