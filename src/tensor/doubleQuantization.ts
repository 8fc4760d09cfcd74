/**
 * Double quantisation of NF4's block maxima (QLoRA, arXiv:2305.14314, section 3). The mean is subtracted; each block of
 * 256 is divided by its largest magnitude and stored in 8 bits with the dynamic code of "8-bit Optimizers via
 * Block-wise Quantization" (Dettmers et al. 2022, arXiv:2110.02861), whose steps shrink with the magnitude.
 */

const SCALE_BLOCK = 256;

interface QuantizedScales {
  readonly codes: Uint8Array;
  /** Largest magnitude of each block of 256 scales after the mean is subtracted. */
  readonly scales: Float32Array;
  readonly mean: number;
}

/** Powers of ten that the dynamic code spans. */
const DYNAMIC_EXPONENTS = 7;

/** The 256 values of the signed dynamic code, in ascending order. */
export const DYNAMIC_CODE: Float32Array = dynamicCode();

function dynamicCode(): Float32Array {
  const values = [0, 1];
  for (let e = 0; e < DYNAMIC_EXPONENTS; e++) {
    // The midpoints of 2^e equal intervals between 0.1 and 1, at exponent e - 6.
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

/** The code of the nearest value; the lower code in a tie. */
function nearestDynamic(x: number): number {
  let [low, high] = [0, DYNAMIC_CODE.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (DYNAMIC_CODE[middle]! <= x) low = middle;
    else high = middle;
  }
  return x - DYNAMIC_CODE[low]! <= DYNAMIC_CODE[high]! - x ? low : high;
}
