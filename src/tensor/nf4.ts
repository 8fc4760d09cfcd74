/**
 * NF4, the 4-bit NormalFloat of QLoRA (Dettmers et al. 2023, "QLoRA: Efficient Finetuning of Quantized LLMs",
 * arXiv:2305.14314). Each block of 64 values is divided by its largest magnitude, and each quotient is replaced by the
 * index of the nearest of 16 levels. The levels are quantiles of a normal distribution, so normally distributed weights
 * use them about equally often.
 *
 *     value ≈ absmax[block] · NF4_LEVELS[code]
 *
 * Left out: packing two codes per byte, and double quantisation of the block maxima (doubleQuantization.ts).
 */

import { checkPositiveInteger, ShapeError } from './errors';

/** The 16 levels in ascending order, as the reference implementation stores them in float32. */
export const NF4_LEVELS: readonly number[] = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
  -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
];

/** Values per block. Each block stores its largest magnitude. */
export const NF4_BLOCK_SIZE = 64;

export interface Nf4Quantized {
  /** One code per value, 0 to 15. */
  readonly codes: Uint8Array;
  /** Largest magnitude of each block. The last block may be short. */
  readonly absmax: Float32Array;
  readonly blockSize: number;
}

/**
 * A block of zeros gets absmax 0 and the code of level 0. A block with a NaN or an infinity gets it as absmax, and none
 * of its dequantised values is finite.
 * @throws ArgumentError if the block size is not a positive integer.
 */
export function quantizeNf4(values: Float32Array, blockSize = NF4_BLOCK_SIZE): Nf4Quantized {
  checkPositiveInteger('quantizeNf4: blockSize', blockSize);
  const codes = new Uint8Array(values.length);
  const absmax = new Float32Array(Math.ceil(values.length / blockSize));
  for (let block = 0; block < absmax.length; block++) {
    const start = block * blockSize;
    const end = Math.min(start + blockSize, values.length);
    let largest = 0;
    for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(values[i]!));
    absmax[block] = largest;
    for (let i = start; i < end; i++) codes[i] = nearestLevel(largest === 0 ? 0 : values[i]! / largest);
  }
  return { codes, absmax, blockSize };
}

/** @throws ShapeError if the number of blocks does not fit the codes. */
export function dequantizeNf4({ codes, absmax, blockSize }: Nf4Quantized): Float32Array {
  checkPositiveInteger('dequantizeNf4: blockSize', blockSize);
  const blocks = Math.ceil(codes.length / blockSize);
  if (absmax.length !== blocks) throw new ShapeError('dequantizeNf4: absmax', `${blocks} values`, `${absmax.length}`);
  return Float32Array.from(codes, (code, i) => (NF4_LEVELS[code] ?? NaN) * absmax[Math.floor(i / blockSize)]!);
}

function nearestLevel(quotient: number): number {
  let nearest = 0;
  for (let code = 1; code < NF4_LEVELS.length; code++) {
    if (Math.abs(quotient - NF4_LEVELS[code]!) < Math.abs(quotient - NF4_LEVELS[nearest]!)) nearest = code;
  }
  return nearest;
}
