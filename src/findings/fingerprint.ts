/** A 64-bit fingerprint of a module's factors: equal factors have the same one, and others by chance alone. */

import type { Factors } from '../matrices/factors';

/** Odd constants of xxHash32 and MurmurHash3, which spread every bit over the word. */
const FIRST_PRIME = 0x9e3779b1;
const SECOND_PRIME = 0x85ebca77;

export function fingerprint({ a, b, rank, inFeatures, outFeatures }: Factors): string {
  let first = rank ^ Math.imul(inFeatures, FIRST_PRIME);
  let second = outFeatures ^ Math.imul(rank, SECOND_PRIME);
  for (const values of [a, b]) {
    const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      first = Math.imul(first ^ word, FIRST_PRIME);
      first ^= first >>> 15;
      second = Math.imul(second ^ word, SECOND_PRIME);
      second ^= second >>> 13;
    }
  }
  return `${(first >>> 0).toString(16)}-${(second >>> 0).toString(16)}`;
}
