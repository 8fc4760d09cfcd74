/** Checks what a thread or a command answers, whatever it was asked. */

import { MAX_JSON_DEPTH } from '../../src/peftConfig/parseJson';

/** A reply is built in one thread and copied to another. Inputs of the fuzz have some 100 KB at most. */
const MAX_REPLY_BYTES = 16 << 20;

/** Throws if a reply cannot be sent to another thread, is huge, or has a number that is not finite. */
export function checkReply(name: string, reply: unknown): void {
  structuredClone(reply);
  const budget = { left: MAX_REPLY_BYTES };
  checkValue(name, reply, budget, 0);
}

function checkValue(place: string, value: unknown, budget: { left: number }, depth: number): void {
  budget.left -= typeof value === 'string' ? value.length : 8;
  if (budget.left < 0) throw new Error(`${place}: the reply is larger than ${MAX_REPLY_BYTES} bytes`);
  if (depth > 2 * MAX_JSON_DEPTH) throw new Error(`${place}: the reply nests ${depth} levels`);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${place} is ${value}`);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (value instanceof Map) {
    for (const [key, entry] of value) checkValue(`${place}(${String(key)})`, entry, budget, depth + 1);
    return;
  }
  for (const [key, entry] of Object.entries(value)) {
    budget.left -= key.length;
    checkValue(`${place}.${key.slice(0, 40)}`, entry, budget, depth + 1);
  }
}

/** Throws unless the range lies within a text of this length. */
export function checkRange(place: string, from: number, to: number, length: number): void {
  const valid = Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= length;
  if (!valid) throw new Error(`${place}: the range ${from} to ${to} is not in a text of ${length} characters`);
}
