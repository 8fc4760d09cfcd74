import { createRequire } from 'node:module';
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import type * as Esbuild from 'esbuild';
import type { SpawnThread } from '../../../../src/tensor/engine/thread';

let source: string | undefined;

/** Starts engine threads from their current entry, bundled here. */
export const spawnTestThread: SpawnThread = (data) => {
  source ??= bundle();
  const worker = new Worker(source, { eval: true, workerData: data });
  worker.unref();
  return { terminate: () => void worker.terminate() };
};

function bundle(): string {
  const { buildSync } = createRequire(path.resolve('package.json'))('esbuild') as typeof Esbuild;
  const { outputFiles } = buildSync({
    entryPoints: ['src/worker/engineThread.ts'],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  return outputFiles[0]!.text;
}
