import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { EngineOptions } from '../tensor/engine/engine';
import type { SpawnThread } from '../tensor/engine/thread';

/** More threads would make memory the bottleneck. Each has 8 MiB of scratch. */
const MAX_THREADS = 8;

/** Options for one engine thread per processor, from the bundle beside this one. */
export function engineThreads(): EngineOptions {
  return {
    threads: Math.min(availableParallelism(), MAX_THREADS),
    spawn: spawnEngineThread(path.join(__dirname, 'engineThread.js')),
  };
}

/** Starts engine threads from the built bundle of engineThread.ts. They do not keep the process alive. */
export function spawnEngineThread(file: string): SpawnThread {
  return (data) => {
    const worker = new Worker(file, { workerData: data });
    worker.unref();
    // An error without a listener would end the whole worker. The coordinator does the work of missing threads.
    worker.on('error', () => undefined);
    return { terminate: () => void worker.terminate() };
  };
}
