/** The worker thread's entry: joins its message port to the jobs. */

import { parentPort } from 'node:worker_threads';
import { Endpoint } from '../protocol/rpc';
import type { Message, Transport } from '../protocol/rpc';
import type { WorkerRequests } from '../protocol/worker';
import { createJobs } from './jobs';
import { nodeFiles } from './nodeFile';

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

new Endpoint<Record<never, never>, WorkerRequests>(transport, createJobs(nodeFiles));
