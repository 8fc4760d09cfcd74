/**
 * Double-precision matrices in column-major order, because decompositions need the precision and traverse columns. A
 * row-major (columns, rows) array has the same bytes, so a transpose is free.
 */

import { ShapeError } from './errors';
import { formatShape } from './tensor';

/** Entry (i, j) is data[j * rows + i]. */
export interface Matrix64 {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** A row-major matrix of any element type: a 2-D `Tensor`, or doubles with a shape. */
export interface RowMajorMatrix {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

export function zeros64(rows: number, columns: number): Matrix64 {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

/** Copies a row-major matrix. @throws ShapeError unless it is 2-D and its data fits. */
export function fromRowMajor(where: string, matrix: RowMajorMatrix): Matrix64 {
  return transpose64(transposedFromRowMajor(where, matrix));
}

/** Copies the transpose, which needs no reordering. @throws ShapeError unless it is 2-D and its data fits. */
export function transposedFromRowMajor(where: string, { data, shape }: RowMajorMatrix): Matrix64 {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined) {
    throw new ShapeError(where, 'shape (rows, columns)', formatShape(shape));
  }
  if (data.length !== rows * columns) {
    throw new ShapeError(where, `${rows * columns} values for shape ${formatShape(shape)}`, `${data.length} values`);
  }
  return { rows: columns, columns: rows, data: new Float64Array(data) };
}

export function transpose64({ rows, columns, data }: Matrix64): Matrix64 {
  const out = zeros64(columns, rows);
  for (let j = 0; j < columns; j++) for (let i = 0; i < rows; i++) out.data[i * columns + j] = data[j * rows + i]!;
  return out;
}

/** a·b. @throws ShapeError if the inner sizes differ. */
export function multiply64(a: Matrix64, b: Matrix64): Matrix64 {
  if (a.columns !== b.rows) throw new ShapeError('multiply64', `${a.columns} rows`, `${b.rows}`);
  const out = zeros64(a.rows, b.columns);
  for (let j = 0; j < b.columns; j++) {
    for (let p = 0; p < a.columns; p++) {
      const factor = b.data[j * b.rows + p]!;
      for (let i = 0; i < a.rows; i++) {
        const at = j * a.rows + i;
        out.data[at] = out.data[at]! + a.data[p * a.rows + i]! * factor;
      }
    }
  }
  return out;
}

/** Dot product of two runs of `length` entries. */
export function dot64(a: Float64Array, startA: number, b: Float64Array, startB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[startA + i]! * b[startB + i]!;
  return sum;
}

/** Adds factor · (a run of `a`) to a run of `target`. */
export function addScaled64(
  target: Float64Array,
  startTarget: number,
  a: Float64Array,
  startA: number,
  length: number,
  factor: number,
): void {
  for (let i = 0; i < length; i++) target[startTarget + i] = target[startTarget + i]! + factor * a[startA + i]!;
}

/** The largest magnitude, or NaN if an entry is NaN or infinite. Dividing by it first keeps squares in range. */
export function largestMagnitude({ data }: Matrix64): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const magnitude = Math.abs(data[i]!);
    if (!(magnitude < Infinity)) return NaN;
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}
