/**
 * Principal angles between two subspaces (Björck and Golub 1973) from orthonormal bases U and W:
 *
 *     cos θ_i = σ_i(UᵀW)        sin θ_i = σ_i((I − UUᵀ)W)
 *
 * The cosine of a small angle has lost it to rounding, so the sine gives the angles below 0.1.
 */

import { multiply64, transpose64 } from '../tensor/matrix64';
import type { Matrix64 } from '../tensor/matrix64';
import { svd } from '../tensor/svd';

/** Radians below which the sine is more accurate than the cosine. */
const SINE_BELOW = 0.1;

export interface SubspaceRelation {
  /** Descending, min(columns of u, columns of w). */
  readonly cosines: readonly number[];
  /** Radians, ascending. */
  readonly angles: readonly number[];
  /** Σcos²/min(columns), from 0 (orthogonal) to 1 (one contains the other). `null` if a subspace is empty. */
  readonly overlap: number | null;
  /** φ(i, j) = ‖U_iᵀW_j‖²_F/min(i, j) of the first i and j columns (Hu et al. 2021, LoRA, section 7.2). */
  readonly phi: readonly (readonly number[])[];
  /** The value of φ(i, j) that random subspaces have on average: max(i, j)/dimension. */
  readonly phiChance: readonly (readonly number[])[];
}

/** `dimension` is that of the space that both lie in; φ covers the first `most` columns of each. */
export function relateSubspaces(u: Matrix64, w: Matrix64, dimension: number, most: number): SubspaceRelation {
  if (u.columns === 0 || w.columns === 0) return { cosines: [], angles: [], overlap: null, phi: [], phiChance: [] };
  const products = multiply64(transpose64(u), w);
  const cosines = [...valuesOf(products)].map((value) => Math.min(1, value));
  // The narrower basis is projected, so that there are as many sines as cosines.
  const [wide, narrow] = u.columns >= w.columns ? [u, w] : [w, u];
  const sines = [...valuesOf(residual(wide, narrow))].reverse();
  const angles = cosines.map((cosine, i) => {
    const angle = Math.asin(Math.min(1, sines[i]!));
    return angle < SINE_BELOW ? angle : Math.acos(cosine);
  });
  const overlap = cosines.reduce((sum, cosine) => sum + cosine * cosine, 0) / cosines.length;
  return { cosines, angles, overlap, ...phiTable(products, dimension, most) };
}

function valuesOf({ rows, columns, data }: Matrix64): Float64Array {
  return svd({ data, shape: [columns, rows] }).values;
}

/** (I − UUᵀ)W. */
function residual(u: Matrix64, w: Matrix64): Matrix64 {
  const inside = multiply64(u, multiply64(transpose64(u), w));
  return { ...w, data: w.data.map((value, i) => value - inside.data[i]!) };
}

function phiTable({ rows, columns, data }: Matrix64, dimension: number, most: number) {
  const phi: number[][] = [];
  const phiChance: number[][] = [];
  const above = new Float64Array(columns + 1);
  for (let i = 1; i <= Math.min(rows, most); i++) {
    const values: number[] = [];
    let row = 0;
    for (let j = 1; j <= Math.min(columns, most); j++) {
      row += data[(j - 1) * rows + i - 1]! ** 2;
      above[j]! += row;
      values.push(above[j]! / Math.min(i, j));
    }
    phi.push(values);
    phiChance.push(values.map((_, j) => Math.min(1, Math.max(i, j + 1) / dimension)));
  }
  return { phi, phiChance };
}
