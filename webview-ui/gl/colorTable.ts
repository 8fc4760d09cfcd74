/** A colour map in the shader's form: the first and last float of each colour. No DOM. */

import { colorIndex, LUT_SIZE } from '../shared/colorMap';
import type { ColorMap } from '../shared/colorMap';

/** Channels of an entry: its first key, the first key after it, its colour as ImageData packs it, unused. */
export const TABLE_CHANNELS = 4;

/** Keys of the largest and the smallest finite float. Keys beyond them are infinities and NaN. */
const LAST_KEY = 0x7f7fffff;
const FIRST_KEY = ~LAST_KEY;

const scratch = new DataView(new ArrayBuffer(4));

/**
 * The bits of a float as a signed integer in the order of the floats: -1 < -0 < 0 < 1. The function is its own inverse.
 */
function flip(bits: number): number {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

export function keyOfFloat(value: number): number {
  scratch.setFloat32(0, value);
  return flip(scratch.getInt32(0));
}

export function floatOfKey(key: number): number {
  scratch.setInt32(0, flip(key));
  return scratch.getFloat32(0);
}

/**
 * (LUT_SIZE, TABLE_CHANNELS). A value has the colour of the entry whose keys enclose its own. A shader's arithmetic is
 * not exact to the last bit and need not be: it guesses an entry, and comparing keys corrects the guess.
 */
export function colorTable({ settings, lut }: ColorMap): Uint32Array {
  const table = new Uint32Array(LUT_SIZE * TABLE_CHANNELS);
  let begin = -0x80000000;
  for (let i = 0; i < LUT_SIZE; i++) {
    const end =
      i === LUT_SIZE - 1
        ? 0x7fffffff
        : firstKeyAbove(i, Math.max(begin, FIRST_KEY), (value) => colorIndex(value, settings));
    table.set([begin >>> 0, end >>> 0, lut[i] as number, 0], i * TABLE_CHANNELS);
    begin = end;
  }
  return table;
}

/**
 * The first key, from `low` on, of a value whose entry is after `index`. One past the last finite key if no value is.
 */
function firstKeyAbove(index: number, low: number, indexOf: (value: number) => number): number {
  let high = LAST_KEY + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (indexOf(floatOfKey(middle)) > index) high = middle;
    else low = middle + 1;
  }
  return high;
}
