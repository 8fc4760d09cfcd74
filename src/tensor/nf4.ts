/**
 * NF4, the 4-bit NormalFloat of QLoRA (Dettmers et al. 2023, arXiv:2305.14314): entries in blocks of 64, each block
 * scaled by its largest magnitude, each entry the nearest of 16 levels that are quantiles of a normal distribution.
 *
 * Double quantisation stores the scales in 8 bits: less their mean, in blocks of 256, by the dynamic code of "8-bit
 * Optimizers via Block-wise Quantization" (Dettmers et al. 2022), whose steps shrink with the magnitude.
 *
 * These are the plain loops, and the reference of engine/nf4.ts.
 */

import { ArgumentError } from './errors';

export const NF4_BLOCK = 64;
export const SCALE_BLOCK = 256;

/** Appendix E of the paper. */
export const NF4_LEVELS: Float32Array = Float32Array.of(
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
  -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
);

/** Half-way points: the code of x is how many of them lie below it. */
export const NF4_EDGES: Float32Array = Float32Array.from({ length: 15 }, (_, i) => (NF4_LEVELS[i]! + NF4_LEVELS[i + 1]!) / 2);

export interface Nf4 {
  /** Two codes to a byte, the earlier entry in the high half. */
  readonly codes: Uint8Array;
  /** Largest magnitude of each block. */
  readonly scales: Float32Array;
}

/** The last block may be short. NaN and infinities make their block's scale NaN or infinite. */
export function quantizeNf4(values: Float32Array): Nf4 {
  const codes = new Uint8Array(Math.ceil(values.length / 2));
  const scales = new Float32Array(Math.ceil(values.length / NF4_BLOCK));
  for (let block = 0; block < scales.length; block++) {
    const start = block * NF4_BLOCK;
    const end = Math.min(start + NF4_BLOCK, values.length);
    let scale = 0;
    for (let i = start; i < end; i++) scale = Math.max(scale, Math.abs(values[i]!));
    scales[block] = scale;
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    for (let i = start; i < end; i++) {
      const x = Math.fround(values[i]! * inverse);
      let code = 0;
      for (const edge of NF4_EDGES) if (x > edge) code++;
      codes[i >> 1]! |= i % 2 === 0 ? code << 4 : code;
    }
  }
  return { codes, scales };
}

/** `length` entries. @throws ArgumentError where codes or scales are too few for them. */
export function dequantizeNf4({ codes, scales }: Nf4, length: number): Float32Array {
  checkNf4('dequantizeNf4', codes, scales, length);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const byte = codes[i >> 1]!;
    values[i] = NF4_LEVELS[i % 2 === 0 ? byte >> 4 : byte & 15]! * scales[Math.floor(i / NF4_BLOCK)]!;
  }
  return values;
}

export function checkNf4(where: string, codes: Uint8Array, scales: Float32Array, length: number): void {
  const [bytes, blocks] = [Math.ceil(length / 2), Math.ceil(length / NF4_BLOCK)];
  if (codes.length >= bytes && scales.length >= blocks) return;
  const got = `${codes.length} bytes and ${scales.length} scales`;
  throw new ArgumentError(where, `${bytes} bytes of codes and ${blocks} scales for ${length} entries`, got);
}

export interface QuantizedScales {
  readonly codes: Uint8Array;
  /** Largest magnitude, less the mean, of each block of 256 scales. */
  readonly scales: Float32Array;
  readonly mean: number;
}

/** Powers of ten that the dynamic code spans. */
const DYNAMIC_EXPONENTS = 7;

/** The 256 values of the signed dynamic code, ascending. */
export const DYNAMIC_CODE: Float32Array = dynamicCode();

function dynamicCode(): Float32Array {
  const values = [0, 1];
  for (let e = 0; e < DYNAMIC_EXPONENTS; e++) {
    // 2^e linear fractions between 0.1 and 1 (their middles) at the exponent e - 6.
    const steps = 2 ** e;
    for (let i = 0; i < steps; i++) {
      const middle = 0.1 + (0.9 * (i + 0.5)) / steps;
      const value = middle * 10 ** (e - DYNAMIC_EXPONENTS + 1);
      values.push(value, -value);
    }
  }
  return Float32Array.from(values).sort();
}

export function quantizeScales(scales: Float32Array): QuantizedScales {
  let sum = 0;
  for (const scale of scales) sum += scale;
  const mean = scales.length === 0 ? 0 : Math.fround(sum / scales.length);
  const codes = new Uint8Array(scales.length);
  const outer = new Float32Array(Math.ceil(scales.length / SCALE_BLOCK));
  for (let block = 0; block < outer.length; block++) {
    const start = block * SCALE_BLOCK;
    const end = Math.min(start + SCALE_BLOCK, scales.length);
    let most = 0;
    for (let i = start; i < end; i++) most = Math.max(most, Math.abs(Math.fround(scales[i]! - mean)));
    outer[block] = most;
    for (let i = start; i < end; i++) codes[i] = nearestDynamic(most === 0 ? 0 : Math.fround(scales[i]! - mean) / most);
  }
  return { codes, scales: outer, mean };
}

export function dequantizeScales({ codes, scales, mean }: QuantizedScales): Float32Array {
  return Float32Array.from(codes, (code, i) => DYNAMIC_CODE[code]! * scales[Math.floor(i / SCALE_BLOCK)]! + mean);
}

/** Code of the nearest value; of two equally near, the lower. */
function nearestDynamic(x: number): number {
  let [low, high] = [0, DYNAMIC_CODE.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (DYNAMIC_CODE[middle]! <= x) low = middle;
    else high = middle;
  }
  return x - DYNAMIC_CODE[low]! <= DYNAMIC_CODE[high]! - x ? low : high;
}
