/**
 * The small floating-point formats of checkpoints, decoded from their bits.
 *
 * value = (-1)^sign * 2^(exponent - bias) * 1.mantissa, or 2^(1 - bias) * 0.mantissa if the exponent field is 0.
 * The meaning of the largest codes differs: see `Specials`. F8: Micikevicius et al. 2022 (arXiv:2209.05433); FNUZ:
 * Noune et al. 2022 (arXiv:2206.02915); F4, F6, E8M0: OCP Microscaling Formats 1.0.
 */

/**
 * `ieee`: the top exponent encodes the infinities and NaN. `fn`: no infinity, and only the all-ones code is NaN.
 * `fnuz`: no infinity and no -0, whose code is NaN instead. `finite`: every code is a number.
 */
type Specials = 'ieee' | 'fn' | 'fnuz' | 'finite';

export interface FloatFormat {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  readonly specials: Specials;
}

export const F16_FORMAT: FloatFormat = { exponentBits: 5, mantissaBits: 10, bias: 15, specials: 'ieee' };
export const BF16_FORMAT: FloatFormat = { exponentBits: 8, mantissaBits: 7, bias: 127, specials: 'ieee' };
export const F8_E5M2_FORMAT: FloatFormat = { exponentBits: 5, mantissaBits: 2, bias: 15, specials: 'ieee' };
export const F8_E4M3_FORMAT: FloatFormat = { exponentBits: 4, mantissaBits: 3, bias: 7, specials: 'fn' };
export const F8_E5M2FNUZ_FORMAT: FloatFormat = { exponentBits: 5, mantissaBits: 2, bias: 16, specials: 'fnuz' };
export const F8_E4M3FNUZ_FORMAT: FloatFormat = { exponentBits: 4, mantissaBits: 3, bias: 8, specials: 'fnuz' };
export const F6_E2M3_FORMAT: FloatFormat = { exponentBits: 2, mantissaBits: 3, bias: 1, specials: 'finite' };
export const F6_E3M2_FORMAT: FloatFormat = { exponentBits: 3, mantissaBits: 2, bias: 3, specials: 'finite' };
export const F4_FORMAT: FloatFormat = { exponentBits: 2, mantissaBits: 1, bias: 1, specials: 'finite' };

/** The number that `code`, the bits of one entry, encodes. */
export function decodeFloat(code: number, { exponentBits, mantissaBits, bias, specials }: FloatFormat): number {
  const mantissaSize = 2 ** mantissaBits;
  const exponentMax = 2 ** exponentBits - 1;
  const negative = code >= (exponentMax + 1) * mantissaSize;
  const exponent = Math.floor(code / mantissaSize) % (exponentMax + 1);
  const mantissa = code % mantissaSize;
  if (specials === 'ieee' && exponent === exponentMax) {
    if (mantissa !== 0) return NaN;
    return negative ? -Infinity : Infinity;
  }
  if (specials === 'fn' && exponent === exponentMax && mantissa === mantissaSize - 1) return NaN;
  if (specials === 'fnuz' && negative && exponent === 0 && mantissa === 0) return NaN;
  const magnitude =
    exponent === 0
      ? (mantissa / mantissaSize) * 2 ** (1 - bias)
      : (1 + mantissa / mantissaSize) * 2 ** (exponent - bias);
  return negative ? -magnitude : magnitude;
}

/** E8M0 is an exponent alone: 2^(code - 127), and 255 is NaN. */
export function decodeE8M0(code: number): number {
  return code === 255 ? NaN : 2 ** (code - 127);
}

/**
 * Rounds to the nearest value of an IEEE-like format, ties to even. Overflow goes to infinity. The result is exact,
 * because every format here is far narrower than float64.
 */
export function roundToFormat(value: number, { exponentBits, mantissaBits, bias }: FloatFormat): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const exponent = Math.max(exponentOf(Math.abs(value)), 1 - bias);
  const step = 2 ** (exponent - mantissaBits);
  const rounded = roundHalfToEven(value / step) * step;
  const largest = (2 - 2 ** -mantissaBits) * 2 ** (2 ** exponentBits - 2 - bias);
  return Math.abs(rounded) > largest ? Math.sign(value) * Infinity : rounded;
}

/** floor(log2(magnitude)). Math.log2 alone may round up just below a power of two. */
function exponentOf(magnitude: number): number {
  const guess = Math.floor(Math.log2(magnitude));
  if (2 ** guess > magnitude) return guess - 1;
  return 2 ** (guess + 1) <= magnitude ? guess + 1 : guess;
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
