/** How many singular values of a product are more than the rounding of its stored factors. */

import type { Term } from './stackedTerms';
import { euclideanNorm } from '../matrices/factorNorms';

/** Unit roundoff of the dtypes of factors; others count as float32. */
const ROUNDOFF: ReadonlyMap<string, number> = new Map([
  ['F64', 2 ** -53],
  ['F32', 2 ** -24],
  ['F16', 2 ** -11],
  ['BF16', 2 ** -8],
]);

/**
 * Singular values up to this are rounding of the file: storing A and B with roundoff u changes c·B·A by at most about
 * 2u·|c|·‖A‖_F·‖B‖_F in norm. Float64 arithmetic adds max(out, in)·2⁻⁵²·σ₁.
 */
export function rankTolerance(term: Term, dtype: string, largest: number): number {
  const size = Math.max(term.a.length, term.b.length) / Math.max(term.rank, 1);
  const stored = 2 * (ROUNDOFF.get(dtype) ?? 2 ** -24) * Math.abs(term.coefficient);
  const rounding = stored * euclideanNorm(term.a) * euclideanNorm(term.b);
  return Math.max(rounding, size * 2 ** -52 * largest);
}

/** `values` are in descending order. */
export function numericalRank(values: Float64Array, tolerance: number): number {
  const end = values.findIndex((value) => !(value > tolerance));
  return end < 0 ? values.length : end;
}
