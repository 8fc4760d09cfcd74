/** The message port of a thread as a transport, for the thread's entry. */

import { parentPort } from 'node:worker_threads';
import type { Message, Transport } from '../protocol/rpc';

export function parentTransport(): Transport {
  const port = parentPort;
  if (!port) throw new Error('this file must run in a worker thread');
  return {
    post: (message, transfer) => port.postMessage(message, [...transfer]),
    listen: (handler) => {
      const listener = (message: Message): void => handler(message);
      port.on('message', listener);
      return () => port.off('message', listener);
    },
  };
}
