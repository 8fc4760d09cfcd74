/** Frobenius norms of a product's factors and of the product, from the factors alone. */

import type { Factors } from './factors';

/** Multiplications that a product's norm may take, some ten seconds: rank 1024 of an 8192-wide layer. */
const MAX_NORM_PRODUCTS = 2 ** 34;

interface FactorNorms {
  readonly a: number;
  readonly b: number;
  /** Of scaling * B * A; null where it would take too long. */
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

/** |BA|^2 is the sum over k, l of (B^T B)[k, l] * (A A^T)[k, l]: the product itself is never made. */
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
  // Rounding may leave a product that is zero a hair below it; a NaN stays one.
  return sum < 0 ? 0 : Math.sqrt(sum);
}
