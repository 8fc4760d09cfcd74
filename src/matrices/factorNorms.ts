/** Frobenius norms of a product and of its factors, computed from the factors alone. */

import type { Factors } from './factors';

/** Upper bound on the multiplications for a product's norm, about ten seconds: rank 1024 of an 8192-wide layer. */
const MAX_NORM_PRODUCTS = 2 ** 34;

interface FactorNorms {
  readonly a: number;
  readonly b: number;
  /** Norm of scaling * B * A; `null` if it would take too long. */
  readonly delta: number | null;
}

export function factorNorms(factors: Factors): FactorNorms {
  const { rank, inFeatures, outFeatures, scaling, a, b } = factors;
  const work = (rank * rank * (inFeatures + outFeatures)) / 2;
  return {
    a: euclideanNorm(a),
    b: euclideanNorm(b),
    delta: work > MAX_NORM_PRODUCTS ? null : Math.abs(scaling) * productNorm(a, b, rank, inFeatures, outFeatures),
  };
}

export function euclideanNorm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}

/** |BA|^2 is the sum over k, l of (B^T B)[k, l] * (A A^T)[k, l], so the product itself is not computed. */
function productNorm(a: Float64Array, b: Float64Array, rank: number, inFeatures: number, outFeatures: number): number {
  let sum = 0;
  for (let k = 0; k < rank; k++) {
    for (let l = 0; l <= k; l++) {
      let ofA = 0;
      for (let j = 0; j < inFeatures; j++) ofA += a[k * inFeatures + j]! * a[l * inFeatures + j]!;
      let ofB = 0;
      for (let i = 0; i < outFeatures; i++) ofB += b[i * rank + k]! * b[i * rank + l]!;
      sum += (k === l ? 1 : 2) * ofA * ofB;
    }
  }
  // Rounding may turn a sum of 0 slightly negative. A NaN stays NaN.
  return sum < 0 ? 0 : Math.sqrt(sum);
}
