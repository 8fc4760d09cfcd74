import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import type { Statistics } from '../../../src/protocol/matrix';
import { Endpoint } from '../../../src/protocol/rpc';
import type { Message } from '../../../src/protocol/rpc';
import type { WorkerRequests } from '../../../src/protocol/worker';
import { currentEngine, useEngine } from '../../../src/tensor/engine/current';
import { Engine } from '../../../src/tensor/engine/engine';
import { fixturePath } from '../checkpoint/fixtures';
import { jobCaller, unpacked } from './jobContext';

type Client = Endpoint<WorkerRequests, Record<never, never>>;

/** Code that removes a feature of the platform before the worker's own code runs. */
const PLATFORMS = {
  'without shared memory': 'delete globalThis.SharedArrayBuffer;',
  'without SIMD in WebAssembly': `
    WebAssembly.validate = () => false;
    WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError('SIMD unsupported'); } };`,
  'without WebAssembly': 'delete globalThis.WebAssembly;',
} as const;

interface Findings {
  readonly demo: readonly number[];
  readonly delta: readonly number[];
  readonly statistics: readonly Statistics[];
  readonly metrics: readonly number[];
  readonly singularValues: readonly number[];
}

/** Results of every kind of work that uses the engine if there is one. */
async function findings(client: Client): Promise<Findings> {
  const demo = await unpacked(await client.request('demo/run', { seed: 7, trainingSteps: 20 }));
  const matrix = { kind: 'delta', module: demo.description.lora[0]!.module } as const;
  const place = { level: 2, tileX: 0, tileY: 0, reduction: 'maxAbs' } as const;
  const tile = await client.request('tile/read', { source: demo.source, matrix, ...place });
  const dtypes = await unpacked(
    await client.request('checkpoint/open', { path: fixturePath('checkpoint', 'dtypes.safetensors') }),
  );
  const statistics: Statistics[] = [];
  for (const { name, shape } of dtypes.description.tensors) {
    if (shape.includes(0)) continue;
    statistics.push(
      await client.request('matrix/statistics', { source: dtypes.source, matrix: { kind: 'tensor', name } }),
    );
  }
  const path = fixturePath('peft_saved', 'llama_bf16_lora', 'adapter_model.safetensors');
  const { source, description } = await unpacked(await client.request('checkpoint/open', { path }));
  const metrics = await client.request('lora/metrics', { source });
  const spectrum = await client.request('lora/spectrum', { source, module: description.lora[0]!.module });
  return {
    demo: (demo.text.match(/-?\d+(\.\d+)?(e[-+]?\d+)?/g) ?? []).map(Number),
    delta: [...tile.values],
    statistics,
    metrics: [...metrics.deltaNorm, ...metrics.effectiveRank, ...metrics.maxAbs],
    singularValues: [...spectrum.singularValues],
  };
}

function assertClose(actual: readonly number[], expected: readonly number[], what: string, tolerance: number): void {
  assert.equal(actual.length, expected.length, what);
  assert.ok(expected.length > 0, `${what}: nothing to compare`);
  actual.forEach((value, i) => {
    const other = expected[i]!;
    const close = Object.is(value, other) || Math.abs(value - other) <= tolerance * Math.max(1e-3, Math.abs(other));
    assert.ok(close, `${what} ${i}: ${value}, with the engine ${other}`);
  });
}

describe('a worker', () => {
  let folder: string;
  let whole: Findings;

  /** Runs `job` on a worker whose code begins with `banner`. */
  async function on<T>(banner: string, job: (client: Client) => Promise<T>): Promise<T> {
    const outfile = path.join(folder, 'worker.js');
    await build({
      entryPoints: { worker: 'src/worker/main.ts', engineThread: 'src/worker/engineThread.ts' },
      outdir: folder,
      banner: { js: banner },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'silent',
    });
    const worker = new Worker(outfile);
    const client: Client = new Endpoint(
      {
        post: (message, transfer) => worker.postMessage(message, [...transfer]),
        listen: (handler) => {
          worker.on('message', (message: Message) => handler(message));
          return () => void worker.removeAllListeners('message');
        },
      },
      {},
    );
    worker.on('error', (error) => client.dispose(String(error)));
    try {
      return await job(client);
    } finally {
      client.dispose();
      await worker.terminate();
    }
  }

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
    whole = await on('', findings);
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [what, banner] of Object.entries(PLATFORMS)) {
    it(`gives the same results ${what}`, async () => {
      const found = await on(banner, findings);
      assertClose(found.demo, whole.demo, 'number of the demo', 1e-3);
      assertClose(found.delta, whole.delta, 'cell', 1e-3);
      assertClose(found.metrics, whole.metrics, 'metric', 1e-6);
      assertClose(found.singularValues, whole.singularValues, 'singular value', 1e-6);
      assert.equal(found.statistics.length, whole.statistics.length);
      found.statistics.forEach((statistics, i) => {
        const { histogram, absQuantiles, sampled, ...numbers } = statistics;
        const expected = whole.statistics[i]!;
        assert.deepEqual([...histogram], [...expected.histogram]);
        assertClose([...absQuantiles], [...expected.absQuantiles], 'quantile', 2 ** -11);
        assert.equal(sampled, expected.sampled);
        for (const [name, value] of Object.entries(numbers)) {
          assertClose([value], [expected[name as keyof typeof numbers]], name, 1e-6);
        }
      });
    });
  }

  it('runs the demo and its training steps through the engine', async () => {
    const before = currentEngine();
    const engine = new Engine();
    const { gemm } = engine;
    let products = 0;
    Object.defineProperty(engine, 'gemm', {
      value: (...operands: Parameters<typeof gemm>) => {
        products++;
        gemm(...operands);
      },
    });
    useEngine(engine);
    const call = jobCaller();
    await call('demo/run', { seed: 1, trainingSteps: 0 });
    const untrained = products;
    await call('demo/run', { seed: 1, trainingSteps: 10 });
    useEngine(before);
    await call.closeAll();
    assert.ok(untrained > 0, 'no product of the demo went through the engine');
    assert.ok(
      products - untrained >= untrained + 10,
      `${products - untrained} products with training, ${untrained} without`,
    );
  });
});
