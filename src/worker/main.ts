/** The worker thread's entry: joins its message port to the jobs. */

import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { parentPort } from 'node:worker_threads';
import { Endpoint } from '../protocol/rpc';
import type { Message, Transport } from '../protocol/rpc';
import type { WorkerRequests } from '../protocol/worker';
import { configureEngine } from '../tensor/engine/current';
import { createJobs } from './jobs';
import { nodeFiles } from './nodeFile';
import { spawnEngineThread } from './spawnEngineThread';

const port = parentPort;
if (!port) throw new Error('this file is the entry of a worker thread');

const transport: Transport = {
  post: (message, transfer) => port.postMessage(message, [...transfer]),
  listen: (handler) => {
    const listener = (message: Message): void => handler(message);
    port.on('message', listener);
    return () => port.off('message', listener);
  },
};

/** Beyond these the memory, not the arithmetic, is what limits; each has 8 MiB of scratch. */
const MAX_THREADS = 8;

configureEngine({
  threads: Math.min(availableParallelism(), MAX_THREADS),
  spawn: spawnEngineThread(path.join(__dirname, 'engineThread.js')),
});
new Endpoint<Record<never, never>, WorkerRequests>(transport, createJobs(nodeFiles));
