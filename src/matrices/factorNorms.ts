/** Frobenius norms of a product and of its factors, computed from the factors alone. */

import type { Factors } from './factors';
import { columnGram, innerProduct, rowGram } from './gramMatrix';

export interface FactorNorms {
  /** Norms of A and B; `null` if the product is not stored as these two. */
  readonly a: number | null;
  readonly b: number | null;
  /** Norm of scaling * B * A. */
  readonly delta: number;
}

/** |BA|^2 is the inner product of B^T B and A A^T, so the product itself is not computed. */
export function factorNorms({ rank, inFeatures, outFeatures, scaling, a, b }: Factors): FactorNorms {
  const square = innerProduct(
    rowGram({ rows: rank, columns: inFeatures, data: a }),
    columnGram({ rows: outFeatures, columns: rank, data: b }),
  );
  // Rounding may turn a sum of 0 slightly negative. A NaN stays NaN.
  const norm = square < 0 ? 0 : Math.sqrt(square);
  return { a: euclideanNorm(a), b: euclideanNorm(b), delta: Math.abs(scaling) * norm };
}

export function euclideanNorm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}
