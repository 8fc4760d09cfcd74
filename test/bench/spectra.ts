/**
 * Singular values of every module of an adapter, with the modules divided among worker threads that have an engine
 * each.
 */

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Engine } from '../../src/tensor/engine/engine';
import { productSingularValues } from '../../src/tensor/engine/spectrum';
import { uniform } from './data';

interface Share {
  readonly modules: number;
  readonly rank: number;
  readonly width: number;
}

/** Number of distinct factors, which the modules share in turn, because generating data is not measured. */
const DISTINCT = 4;

function serve({ modules, rank, width }: Share): void {
  const engine = new Engine();
  const factors = Array.from({ length: DISTINCT }, (_, i) => ({
    a: { data: uniform(rank * width, 2 * i + 1), shape: [rank, width] },
    b: { data: uniform(width * rank, 2 * i + 2), shape: [width, rank] },
  }));
  parentPort!.on('message', () => {
    for (let i = 0; i < modules; i++) productSingularValues(engine, factors[i % DISTINCT]!);
    parentPort!.postMessage('done');
  });
  parentPort!.postMessage('ready');
}

async function main([modules = 312, rank = 128, width = 4096, threads = 2]: readonly number[]): Promise<void> {
  const workers = Array.from({ length: threads }, (_, i) => {
    const share = Math.floor((modules * (i + 1)) / threads) - Math.floor((modules * i) / threads);
    return new Worker(__filename, { workerData: { modules: share, rank, width } satisfies Share });
  });
  const next = (worker: Worker): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve));
  await Promise.all(workers.map(next));
  const start = performance.now();
  await Promise.all(
    workers.map((worker) => {
      const done = next(worker);
      worker.postMessage('go');
      return done;
    }),
  );
  console.log(JSON.stringify({ ms: performance.now() - start }));
  for (const worker of workers) void worker.terminate();
}

if (isMainThread) void main(process.argv.slice(2).map(Number));
else serve(workerData as Share);
