/** Measurers as Node threads, which run the worker's bundle again with another role in their data. */

import { availableParallelism } from 'node:os';
import { Worker, workerData } from 'node:worker_threads';
import { Endpoint } from '../protocol/rpc';
import type { Message } from '../protocol/rpc';
import type { Measurer, MeasurerRequests } from './measurer';

const ROLE = 'measurer';
/** More measurers would make the file the bottleneck. Each holds a few modules. */
const MAX_MEASURERS = 8;

/** Whether this thread was started by `spawnMeasurers`. */
export function isMeasurer(): boolean {
  return workerData === ROLE;
}

export function spawnMeasurers(): readonly Measurer[] {
  return Array.from({ length: Math.min(availableParallelism(), MAX_MEASURERS) }, spawnMeasurer);
}

function spawnMeasurer(): Measurer {
  const worker = new Worker(__filename, { workerData: ROLE });
  const endpoint = new Endpoint<MeasurerRequests, Record<never, never>>(
    {
      post: (message, transfer) => worker.postMessage(message, [...transfer]),
      listen: (handler) => {
        const listener = (message: Message): void => handler(message);
        worker.on('message', listener);
        return () => void worker.off('message', listener);
      },
    },
    {},
  );
  worker.on('error', (error) => endpoint.dispose(error instanceof Error ? error.message : String(error)));
  worker.on('exit', (code) => endpoint.dispose(`a measuring thread exited with code ${code}`));
  return {
    measure: (factors, options) => endpoint.request('factors/measure', factors, options),
    stop() {
      endpoint.dispose('measuring was stopped');
      void worker.terminate();
    },
  };
}
