/** The same numbers in every subject: hashes of the index. numpySubject.py generates the same ones. */

export function uniform(length: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = hash(i, seed) / 4294967296 - 0.5;
  return values;
}

export function hashes(length: number, seed: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => hash(i, seed));
}

/** Roughly normal values of deviation 0.02, truncated to BF16. */
export function brainFloats(length: number, seed: number): Uint16Array {
  const codes = new Uint16Array(length);
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let i = 0; i < length; i++) {
    const sum = hash(i, seed) + hash(i, seed + 1) + hash(i, seed + 2) + hash(i, seed + 3);
    float[0] = (sum / 4294967296 - 2) * 0.0346;
    codes[i] = bits[0]! >>> 16;
  }
  return codes;
}

function hash(i: number, seed: number): number {
  let h = (Math.imul(i, 0x9e3779b1) + Math.imul(seed, 0x85ebca77)) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) >>> 0;
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39) >>> 0;
  return (h ^ (h >>> 15)) >>> 0;
}

/** Entries spread over a result, for the comparison between subjects. */
export function probe(values: ArrayLike<number>): number[] {
  const count = Math.min(values.length, 257);
  return Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]!);
}
