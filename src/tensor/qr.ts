/**
 * QR decomposition by Householder reflections (Golub and Van Loan, "Matrix Computations", 5.2) in double precision:
 *
 *     M = Q·R        Q has orthonormal columns, whatever the rank of M; R is upper triangular
 *
 * Left out: column pivoting, and the blocked form that suits large matrices.
 */

import { addScaled64, dot64, zeros64 } from './matrix64';
import type { Matrix64 } from './matrix64';

/** Shorter columns count as zero, because their squares would underflow. */
const NEGLIGIBLE = 1e-140;

interface QrDecomposition {
  /** (min(rows, columns), columns), upper triangular. Diagonal entries may be negative. */
  readonly r: Matrix64;
  /** Q·m for m (min(rows, columns), any), of shape (rows, any). Q is stored as reflections and never formed. */
  applyQ(m: Matrix64): Matrix64;
}

/** Does not modify `m`, whose largest entries should be about 1 in magnitude. NaN and infinities give NaN. */
export function qr(m: Matrix64): QrDecomposition {
  const { rows, columns } = m;
  const size = Math.min(rows, columns);
  // The reflection vectors overwrite `work` below the diagonal; `heads` holds their first entries.
  const work = m.data.slice();
  const heads = new Float64Array(size);
  const factors = new Float64Array(size); // 2 / vᵀv, or 0 if there is no reflection

  for (let k = 0; k < size; k++) {
    const start = k * rows + k;
    const length = rows - k;
    const norm = Math.sqrt(dot64(work, start, work, start, length));
    if (norm < NEGLIGIBLE) continue;
    const first = work[start]!;
    const diagonal = first > 0 ? -norm : norm; // opposite sign, to avoid cancellation
    const head = first - diagonal;
    const factor = -1 / (diagonal * head);
    work[start] = head;
    for (let j = k + 1; j < columns; j++) {
      const column = j * rows + k;
      addScaled64(work, column, work, start, length, -factor * dot64(work, start, work, column, length));
    }
    heads[k] = head;
    factors[k] = factor;
    work[start] = diagonal;
  }

  const r = zeros64(size, columns);
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i <= Math.min(j, size - 1); i++) r.data[j * size + i] = work[j * rows + i]!;
  }

  const applyQ = (target: Matrix64): Matrix64 => {
    const out = zeros64(rows, target.columns);
    for (let j = 0; j < target.columns; j++) {
      out.data.set(target.data.subarray(j * target.rows, (j + 1) * target.rows), j * rows);
      for (let k = size - 1; k >= 0; k--) {
        const column = j * rows + k;
        const tail = k * rows + k + 1;
        const length = rows - k - 1;
        const along = heads[k]! * out.data[column]! + dot64(work, tail, out.data, column + 1, length);
        const factor = -factors[k]! * along;
        out.data[column] = out.data[column]! + factor * heads[k]!;
        addScaled64(out.data, column + 1, work, tail, length, factor);
      }
    }
    return out;
  };
  return { r, applyQ };
}

/** The first `columns` columns of the identity, (rows, columns). `applyQ` maps it to Q itself. */
export function identity64(rows: number, columns = rows): Matrix64 {
  const out = zeros64(rows, columns);
  for (let i = 0; i < Math.min(rows, columns); i++) out.data[i * rows + i] = 1;
  return out;
}
