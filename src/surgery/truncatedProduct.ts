/** A change as balanced factors: A = √Σ·Vᵀ and B = U·√Σ, which have the same norms. */

import type { Matrix64 } from '../tensor/matrix64';
import type { SingularVectors } from '../tensor/svd';

export interface ProductFactors {
  readonly rank: number;
  /** (rank, inFeatures), row-major. */
  readonly a: Float64Array;
  /** (outFeatures, rank), row-major. */
  readonly b: Float64Array;
}

/** The `rank` strongest directions of U·diag(σ)·Vᵀ, padded with zeros if there are fewer, divided by `scaling`. */
export function balancedFactors({ values, u, v }: SingularVectors, rank: number, scaling = 1): ProductFactors {
  const kept = Math.min(rank, values.length);
  const a = new Float64Array(rank * v.rows);
  const b = new Float64Array(u.rows * rank);
  for (let k = 0; k < kept; k++) {
    const root = Math.sqrt(values[k]! / Math.abs(scaling));
    for (let i = 0; i < v.rows; i++) a[k * v.rows + i] = root * v.data[k * v.rows + i]!;
    const signed = scaling < 0 ? -root : root;
    for (let i = 0; i < u.rows; i++) b[i * rank + k] = signed * u.data[k * u.rows + i]!;
  }
  return { rank, a, b };
}

/** The first `count` columns of the vectors. */
export function leadingVectors({ values, u, v }: SingularVectors, count: number): SingularVectors {
  const cut = ({ rows, data }: Matrix64): Matrix64 => ({ rows, columns: count, data: data.subarray(0, rows * count) });
  return { values: values.subarray(0, count), u: cut(u), v: cut(v) };
}

/** √Σ_{i ≥ rank} σ_i²: the smallest error of any approximation of that rank (Eckart and Young 1936). */
export function tailNorm(values: ArrayLike<number>, rank: number): number {
  let largest = 0;
  for (let i = rank; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  if (largest === 0) return 0;
  let sum = 0;
  for (let i = rank; i < values.length; i++) sum += (values[i]! / largest) ** 2;
  return largest * Math.sqrt(sum);
}
