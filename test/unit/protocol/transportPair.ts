/** Two transports joined back to back. They clone messages and deliver them later, as between threads. */

import { serialize } from 'node:v8';
import type { Message, Transport } from '../../../src/protocol/rpc';

export interface Wire {
  readonly transferred: ArrayBuffer[];
  /** Every message posted so far, either way. */
  readonly messages: { readonly message: Message; readonly bytes: number }[];
  /** How many messages were posted and have not arrived. */
  underWay: number;
}

export function transportPair(): [Transport, Transport, Wire] {
  const handlers: [((message: Message) => void)[], ((message: Message) => void)[]] = [[], []];
  const wire: Wire = { transferred: [], messages: [], underWay: 0 };
  const side = (own: 0 | 1): Transport => ({
    post: (message, transfer) => {
      wire.transferred.push(...transfer);
      wire.messages.push({ message, bytes: serialize(message).length });
      const clone = structuredClone(message, { transfer: [...transfer] });
      wire.underWay++;
      setImmediate(() => {
        wire.underWay--;
        handlers[own === 0 ? 1 : 0].forEach((handler) => handler(clone));
      });
    },
    listen: (handler) => {
      handlers[own].push(handler);
      return () => void handlers[own].splice(handlers[own].indexOf(handler), 1);
    },
  });
  return [side(0), side(1), wire];
}

/** Waits until every message has arrived, and every reply too. */
export async function quiet(wire: Wire): Promise<void> {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await turn();
  while (wire.underWay > 0) await turn();
}
