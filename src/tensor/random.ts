/**
 * Reproducible random numbers: the same seed gives the same demo, test and picture on every platform.
 *
 * A source is any function like `Math.random`, so that other generators can be used. This one is xoshiro128** (Blackman
 * and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021) with a SplitMix-style seeding. It is not
 * cryptographically secure.
 */

import { checkFinite } from './errors';

/** A source of uniform numbers in [0, 1). */
export type Random = () => number;

/** Default seed of every source, so that results with default options are reproducible. */
export const DEFAULT_SEED = 42;

const TWO_POW_MINUS_53 = 2 ** -53;

/**
 * @param seed any finite number; different numbers give different sequences. @throws ArgumentError if it is not finite.
 */
export function seededRandom(seed: number = DEFAULT_SEED): Random {
  checkFinite('seededRandom: seed', seed);
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, seed);
  const mix = mixer(bits.getUint32(0), bits.getUint32(4));
  let a = mix();
  let b = mix();
  let c = mix();
  let d = mix() | 1; // avoids the all-zero state, which the generator cannot leave

  const next = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
  // 27 + 26 bits give the 53 bits of a double's significand.
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) * TWO_POW_MINUS_53;
}

/**
 * Standard normal numbers from a uniform source, two for every two draws (Box and Muller 1958). There is no rejection
 * loop, so even a constant source terminates.
 */
export function normalRandom(random: Random): Random {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random())); // 1 - u is in (0, 1], so its logarithm is finite
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** Expands 64 bits of seed into any number of 32-bit words: the finaliser of MurmurHash3 applied to a counter. */
function mixer(high: number, low: number): () => number {
  let counter = high ^ 0x5bd1e995;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let word = counter ^ low;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    low = word ^ (word >>> 16) ^ Math.imul(low, 0x9e3779b1);
    return low >>> 0;
  };
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
