/**
 * Singular value decomposition in double precision: M = U·diag(σ)·Vᵀ with orthonormal columns and descending σ.
 *
 * Small matrices use one-sided Jacobi (Hestenes 1958; Demmel and Veselić 1992): it rotates pairs of columns until all
 * are orthogonal, and the column lengths are then the singular values. The method is accurate, but slow for large
 * matrices.
 *
 * The LoRA update s·B·A is large but of low rank, and is never formed. The thin factors have the QR decompositions
 * B = Q_B·R_B and Aᵀ = Q_A·R_A, so that
 *
 *     s·B·A = Q_B · (s·R_B·R_Aᵀ) · Q_Aᵀ
 *
 * The core s·R_B·R_Aᵀ is at most rank x rank and has the same singular values.
 */

import { ShapeError } from './errors';
import {
  addScaled64,
  dot64,
  fromRowMajor,
  largestMagnitude,
  multiply64,
  transpose64,
  transposedFromRowMajor,
} from './matrix64';
import type { Matrix64, RowMajorMatrix } from './matrix64';
import { identity64, qr } from './qr';
import { formatShape } from './tensor';

/** Limit on sweeps over all pairs. Ten are usual; the limit stops inputs that never converge because of rounding. */
const MAX_SWEEPS = 60;
/** Columns this short relative to the largest entry count as zero, because their squares would underflow. */
const NEGLIGIBLE = 1e-140;

export interface SingularValues {
  /** (min(rows, columns)), descending. All NaN if the input contains NaN or infinities. */
  readonly values: Float64Array;
}

export interface SingularVectors extends SingularValues {
  /** (rows, count) and (columns, count), with orthonormal columns in the order of the values. */
  readonly u: Matrix64;
  readonly v: Matrix64;
}

export interface LowRankFactors {
  /** (rank, inFeatures), row-major. */
  readonly a: RowMajorMatrix;
  /** (outFeatures, rank), row-major. */
  readonly b: RowMajorMatrix;
  /** Default 1. A negative scaling flips the sign of U. */
  readonly scaling?: number;
}

/** Decomposes a row-major matrix (rows, columns). Intended for small matrices. @throws ShapeError unless it is 2-D. */
export function svd(matrix: RowMajorMatrix): SingularVectors {
  return decompose(fromRowMajor('svd', matrix));
}

/**
 * Decomposes scaling·B·A (outFeatures, inFeatures) by its factors, into min(rank, outFeatures, inFeatures) values and
 * vectors.
 * @throws ShapeError if a and b do not fit together.
 */
export function factoredSvd(factors: LowRankFactors): SingularVectors {
  const { core, magnitude, left, right } = reduceFactors(factors);
  const { values, u, v } = decompose(core);
  return { values: values.map((value) => value * magnitude), u: left.applyQ(u), v: right.applyQ(v) };
}

/** Computes the values of `factoredSvd` without the vectors. */
export function factoredSingularValues(factors: LowRankFactors): Float64Array {
  const { core, magnitude } = reduceFactors(factors);
  return valuesOf(core).map((value) => value * magnitude);
}

function reduceFactors({ a, b, scaling = 1 }: LowRankFactors) {
  const aTransposed = transposedFromRowMajor('factoredSvd: a', a); // (inFeatures, rank)
  const bColumns = fromRowMajor('factoredSvd: b', b); // (outFeatures, rank)
  if (aTransposed.columns !== bColumns.columns) {
    throw new ShapeError('factoredSvd: b', `shape (outFeatures, ${aTransposed.columns})`, formatShape(b.shape));
  }
  // Each factor is scaled to a largest entry of 1, so that squares and products stay within the range of a double.
  const [scaleA, scaleB] = [largestMagnitude(aTransposed), largestMagnitude(bColumns)];
  const left = qr(divided(bColumns, scaleB));
  const right = qr(divided(aTransposed, scaleA));
  const core = multiply64(left.r, transpose64(right.r));
  const magnitude = Math.abs(scaling) * scaleB * scaleA;
  return { core: scaling < 0 ? divided(core, -1) : core, magnitude, left, right };
}

/** M = U·diag(σ)·Vᵀ of a column-major matrix. */
function decompose(m: Matrix64): SingularVectors {
  if (m.rows < m.columns) {
    const { values, u, v } = decompose(transpose64(m));
    return { values, u: v, v: u };
  }
  const magnitude = largestMagnitude(m);
  const { rows, columns } = m;
  if (Number.isNaN(magnitude)) {
    const nan = (count: number): Float64Array => new Float64Array(count).fill(NaN);
    return {
      values: nan(columns),
      u: { rows, columns, data: nan(rows * columns) },
      v: { rows: columns, columns, data: nan(columns * columns) },
    };
  }
  // A tall matrix is first reduced to its triangular factor, whose shorter columns are cheaper to rotate.
  const { r, applyQ } = qr(divided(m, magnitude));
  const v = identity64(columns);
  orthogonaliseColumns(r, v);
  const { lengths, order } = orderedLengths(r);
  const u = unitColumns(pickColumns(r, order), lengths);
  return { values: lengths.map((length) => length * magnitude), u: applyQ(u), v: pickColumns(v, order) };
}

/** Computes the values of `decompose` without the vectors. */
function valuesOf(m: Matrix64): Float64Array {
  if (m.rows < m.columns) return valuesOf(transpose64(m));
  const magnitude = largestMagnitude(m);
  if (Number.isNaN(magnitude)) return new Float64Array(m.columns).fill(NaN);
  const { r } = qr(divided(m, magnitude));
  orthogonaliseColumns(r, null);
  return orderedLengths(r).lengths.map((length) => length * magnitude);
}

/** The column lengths in descending order, and the index of the column each one belongs to. */
function orderedLengths({ rows, columns, data }: Matrix64): { lengths: Float64Array; order: readonly number[] } {
  const lengths = Array.from({ length: columns }, (_, j) => Math.sqrt(dot64(data, j * rows, data, j * rows, rows)));
  const order = Array.from(lengths.keys()).sort((p, q) => lengths[q]! - lengths[p]!);
  return { lengths: Float64Array.from(order, (j) => (lengths[j]! < NEGLIGIBLE ? 0 : lengths[j]!)), order };
}

/** Rotates pairs of columns of the square `m` until all are orthogonal, and applies the same rotations to `v`. */
function orthogonaliseColumns(m: Matrix64, v: Matrix64 | null): void {
  const size = m.columns;
  const orthogonal = size * Number.EPSILON; // rounding bound on |p·q| / (|p|·|q|)
  for (let sweep = 0, rotated = true; rotated && sweep < MAX_SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const alpha = dot64(m.data, p * size, m.data, p * size, size);
        const beta = dot64(m.data, q * size, m.data, q * size, size);
        const gamma = dot64(m.data, p * size, m.data, q * size, size);
        if (!(Math.abs(gamma) > orthogonal * Math.sqrt(alpha) * Math.sqrt(beta))) continue;
        rotated = true;
        // The smaller of the two rotation angles that make the columns orthogonal.
        const zeta = (beta - alpha) / (2 * gamma);
        const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const cosine = 1 / Math.hypot(1, tangent);
        rotate(m.data, p * size, q * size, size, cosine, cosine * tangent);
        if (v) rotate(v.data, p * size, q * size, size, cosine, cosine * tangent);
      }
    }
  }
}

function rotate(data: Float64Array, p: number, q: number, length: number, cosine: number, sine: number): void {
  for (let i = 0; i < length; i++) {
    const [x, y] = [data[p + i]!, data[q + i]!];
    data[p + i] = cosine * x - sine * y;
    data[q + i] = sine * x + cosine * y;
  }
}

/**
 * Divides the columns by their lengths. A column of length 0 has no direction, so it becomes a unit vector orthogonal
 * to the others, taken from their QR decomposition.
 */
function unitColumns(m: Matrix64, lengths: Float64Array): Matrix64 {
  const { rows, columns, data } = m;
  for (let j = 0; j < columns; j++) {
    for (let i = j * rows; i < (j + 1) * rows; i++) data[i] = lengths[j]! > 0 ? data[i]! / lengths[j]! : 0;
  }
  const first = lengths.indexOf(0); // lengths are in descending order
  if (first < 0) return m;
  const complete = qr(m).applyQ(identity64(rows, columns));
  data.set(complete.data.subarray(first * rows), first * rows);
  return m;
}

function pickColumns({ rows, data }: Matrix64, order: readonly number[]): Matrix64 {
  const out = new Float64Array(rows * order.length);
  order.forEach((j, to) => addScaled64(out, to * rows, data, j * rows, rows, 1));
  return { rows, columns: order.length, data: out };
}

function divided(m: Matrix64, by: number): Matrix64 {
  return { ...m, data: by === 0 ? m.data : m.data.map((value) => value / by) };
}
