import { strict as assert } from 'node:assert';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { CancelledError, Endpoint, RemoteError } from '../../../src/protocol/rpc';
import type { Message, Progress } from '../../../src/protocol/rpc';
import type { WorkerRequests } from '../../../src/protocol/worker';
import { seededRandom } from '../../../src/tensor/random';
import { fileOf, fixturePath, tensorField } from '../checkpoint/fixtures';
import { TestServer } from '../files/httpServer';
import { jobCaller, unpacked } from './jobContext';

/** Sixteen modules of rank 160, 16 MB: enough work to start threads for. */
function writeLargeAdapter(folder: string): string {
  const [modules, rank, inFeatures, outFeatures] = [16, 160, 820, 790];
  const fields: Record<string, ReturnType<typeof tensorField>> = {};
  let end = 0;
  const add = (name: string, shape: readonly [number, number]): void => {
    const begin = end;
    end += 4 * shape[0] * shape[1];
    fields[name] = tensorField('F32', shape, begin, end);
  };
  for (let i = 0; i < modules; i++) {
    add(`base_model.model.layers.${i}.q.lora_A.weight`, [rank, inFeatures]);
    add(`base_model.model.layers.${i}.q.lora_B.weight`, [outFeatures, rank]);
  }
  const random = seededRandom(1);
  const values = Float32Array.from({ length: end / 4 }, () => random() - 0.5);
  const file = path.join(folder, 'adapter_model.safetensors');
  writeFileSync(file, Buffer.concat([fileOf(fields), new Uint8Array(values.buffer)]));
  return file;
}

describe('the worker thread', () => {
  let folder: string;
  let worker: Worker;
  let endpoint: Endpoint<WorkerRequests, Record<never, never>>;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
    const outfile = path.join(folder, 'worker.js');
    await build({
      entryPoints: { worker: 'src/worker/main.ts', farFiles: 'src/files/farFiles.ts' },
      outdir: folder,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'silent',
    });
    worker = new Worker(outfile);
    endpoint = new Endpoint<WorkerRequests, Record<never, never>>(
      {
        post: (message, transfer) => worker.postMessage(message, [...transfer]),
        listen: (handler) => {
          worker.on('message', (message: Message) => handler(message));
          return () => void worker.removeAllListeners('message');
        },
      },
      {},
    );
  });
  after(async () => {
    endpoint.dispose();
    await worker.terminate();
    rmSync(folder, { recursive: true });
  });

  it('opens a file, reads a tile, a cell and metrics, and closes it', async () => {
    const { source, description } = await unpacked(
      await endpoint.request('checkpoint/open', {
        path: fixturePath('peft_saved', 'lora_default', 'adapter_model.safetensors'),
      }),
    );
    assert.equal(description.lora.length, 4);
    const matrix = { kind: 'delta', module: description.lora[0]!.module } as const;
    for (let again = 0; again < 2; again++) {
      const tile = await endpoint.request('tile/read', {
        source,
        matrix,
        level: 0,
        tileX: 0,
        tileY: 0,
        reduction: 'mean',
      });
      assert.deepEqual([tile.width, tile.height, tile.values.length], [64, 64, 4096]);
      assert.equal(tile.values.buffer.byteLength, 4 * 4096);
    }
    const cell = await endpoint.request('cell/read', { source, matrix, row: 1, column: 2 });
    assert.equal(cell.dtype, 'computed');
    const progress: Progress[] = [];
    const metrics = await endpoint.request('lora/metrics', { source }, { onProgress: (step) => progress.push(step) });
    assert.equal(metrics.deltaNorm.length, 4);
    assert.equal(progress.at(-1)!.done, 4);
    await endpoint.request('source/close', { source });
    await assert.rejects(endpoint.request('lora/metrics', { source }), /is not open/);
  });

  it('receives a cancel in the middle of long work, and answers later requests', async () => {
    // A sparse file of 2 GiB takes one page on disk.
    const bytes = 2 ** 31;
    const file = path.join(folder, 'large.safetensors');
    const handle = openSync(file, 'w');
    const header = fileOf({ x: tensorField('BF16', [2 ** 15, 2 ** 15], 0, bytes) });
    writeSync(handle, header);
    ftruncateSync(handle, header.length + bytes);
    closeSync(handle);

    const { source } = await endpoint.request('checkpoint/open', { path: file });
    const controller = new AbortController();
    const matrix = { kind: 'tensor', name: 'x' } as const;
    let last: Progress = { done: 0, total: 1 };
    const statistics = endpoint.request(
      'matrix/statistics',
      { source, matrix },
      {
        signal: controller.signal,
        onProgress: (progress) => {
          last = progress;
          controller.abort();
        },
      },
    );
    await assert.rejects(statistics, CancelledError);
    assert.ok(last.done < last.total / 4);
    const tile = await endpoint.request('tile/read', {
      source,
      matrix,
      level: 0,
      tileX: 5,
      tileY: 5,
      reduction: 'mean',
    });
    assert.equal(tile.values.length, 256 * 256);
    await endpoint.request('source/close', { source });
  });

  it('measures a large adapter on its own threads, with the results of a single thread', async () => {
    const { source } = await endpoint.request('checkpoint/open', { path: writeLargeAdapter(folder) });
    const parts: unknown[] = [];
    const shared = await endpoint.request(
      'lora/metrics',
      { source },
      { onProgress: ({ partial }) => parts.push(partial) },
    );
    const call = jobCaller();
    const opened = await call('checkpoint/open', { path: writeLargeAdapter(folder) });
    const alone = await call('lora/metrics', { source: opened.source });
    await call.closeAll();
    await endpoint.request('source/close', { source });
    assert.deepEqual(shared.failures, []);
    assert.equal(parts.flat().filter(Boolean).length, shared.deltaNorm.length);
    shared.deltaNorm.forEach((norm, i) => {
      assert.ok(
        norm > 0 && Math.abs(norm - alone.deltaNorm[i]!) < 1e-7 * norm,
        `module ${i}: ${norm}, ${alone.deltaNorm[i]}`,
      );
    });
  });

  it('answers impossible requests with a named error', async () => {
    const opening = endpoint.request('checkpoint/open', { path: path.join(folder, 'missing.safetensors') });
    await assert.rejects(
      opening,
      (error) => error instanceof RemoteError && error.name === 'CheckpointError' && /no such file/.test(error.message),
    );
  });

  it('opens a file on a server with a bundle that it then loads, and requests no token', async () => {
    const server = await TestServer.start();
    try {
      const saved = (name: string): Buffer => readFileSync(fixturePath('peft_saved', 'lora_rslora', name));
      const path = server.serve('/rslora/adapter_model.safetensors', saved('adapter_model.safetensors'));
      server.serve('/rslora/adapter_config.json', saved('adapter_config.json'));
      const { source, description } = await unpacked(await endpoint.request('checkpoint/open', { path }));
      assert.deepEqual([description.title, description.method], ['rslora/adapter_model.safetensors', 'LORA']);
      assert.match(description.lora[0]!.scalingSource, /sqrt|√/);
      const metrics = await endpoint.request('lora/metrics', { source });
      assert.ok(metrics.aNorm.every((norm) => norm > 0));
      await endpoint.request('source/close', { source });
      await assert.rejects(endpoint.request('checkpoint/open', { path: `${server.origin}/missing.safetensors` }), {
        name: 'CheckpointError',
        code: 'Unreadable',
        message: /answers 404/,
      });
    } finally {
      await server.close();
    }
  });
});
