/**
 * Random numbers that repeat: the same seed gives the same demo, the same test and the same picture everywhere.
 *
 * A source is any function like `Math.random`, so that other generators fit. Ours is xoshiro128** (Blackman and Vigna,
 * "Scrambled linear pseudorandom number generators", 2021), its state filled by a SplitMix-style mixer. It is not for
 * secrets.
 */

import { checkFinite } from './errors';

/** A source of numbers uniform in [0, 1). */
export type Random = () => number;

/** Seed of every source nobody chose, so that what is left to defaults repeats too. */
export const DEFAULT_SEED = 42;

const TWO_POW_MINUS_53 = 2 ** -53;

/** @param seed any finite number; other numbers give other sequences. @throws ArgumentError for NaN and infinities. */
export function seededRandom(seed: number = DEFAULT_SEED): Random {
  checkFinite('seededRandom: seed', seed);
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, seed);
  const mix = mixer(bits.getUint32(0), bits.getUint32(4));
  let a = mix();
  let b = mix();
  let c = mix();
  let d = mix() | 1; // the one state it can never leave is all zeros

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
  // 27 + 26 bits make the 53 that a double's mantissa holds.
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) * TWO_POW_MINUS_53;
}

/**
 * Standard normal numbers from a uniform source, two from every two draws (Box and Muller 1958). It never loops, so
 * that even a constant source cannot hang it.
 */
export function normalRandom(random: Random): Random {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random())); // 1 - u is in (0, 1]: its logarithm is finite
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** Spreads 64 bits of seed over as many 32-bit words as are asked for (the finalizer of MurmurHash3 over a counter). */
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
