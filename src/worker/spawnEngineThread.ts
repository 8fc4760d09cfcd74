import { Worker } from 'node:worker_threads';
import type { SpawnThread } from '../tensor/engine/thread';

/** Starts engine threads from the built bundle of engineThread.ts. They do not keep the process alive. */
export function spawnEngineThread(file: string): SpawnThread {
  return (data) => {
    const worker = new Worker(file, { workerData: data });
    worker.unref();
    // Without a listener it would end the whole worker. The coordinator does the work of threads that do not come.
    worker.on('error', () => undefined);
    return { terminate: () => void worker.terminate() };
  };
}
