/** A thread's message port as a transport: all that a thread's entry needs to know of threads. */

import { parentPort } from 'node:worker_threads';
import type { Message, Transport } from '../protocol/rpc';

export function parentTransport(): Transport {
  const port = parentPort;
  if (!port) throw new Error('this file is the entry of a worker thread');
  return {
    post: (message, transfer) => port.postMessage(message, [...transfer]),
    listen: (handler) => {
      const listener = (message: Message): void => handler(message);
      port.on('message', listener);
      return () => port.off('message', listener);
    },
  };
}
