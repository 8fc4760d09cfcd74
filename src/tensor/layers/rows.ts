/** Copies and sums of rows: gathering, scattering, and the sums over rows that biases need. */

import type { Tensor } from '../tensor';

/** Row i of `out` becomes row rows[i] of `from`. Both have the same number of columns. */
export function gatherRows(from: Tensor, rows: Int32Array, out: Tensor): void {
  const columns = out.shape[out.rank - 1]!;
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i]! * columns;
    for (let j = 0; j < columns; j++) out.data[i * columns + j] = from.data[start + j]!;
  }
}

/** Adds row i of `from` to row rows[i] of `out`: the backward pass of `gatherRows`. */
export function scatterRows(from: Tensor, rows: Int32Array, out: Tensor): void {
  const columns = from.shape[from.rank - 1]!;
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i]! * columns;
    for (let j = 0; j < columns; j++) out.data[start + j] = out.data[start + j]! + from.data[i * columns + j]!;
  }
}

/** out = a + b, element by element. */
export function addInto(a: Tensor, b: Tensor, out: Tensor): void {
  for (let i = 0; i < out.size; i++) out.data[i] = a.data[i]! + b.data[i]!;
}

/** Adds `factor` times the vector `row` to every row of `target`. */
export function addToRows(target: Tensor, row: Tensor, factor = 1): void {
  const columns = row.size;
  for (let start = 0; start < target.size; start += columns) {
    for (let j = 0; j < columns; j++) target.data[start + j] = target.data[start + j]! + factor * row.data[j]!;
  }
}

/** Adds `factor` times the sum over the rows of `rows` to the vector `target`. */
export function addRowSums(target: Tensor, rows: Tensor, factor = 1): void {
  const columns = target.size;
  for (let start = 0; start < rows.size; start += columns) {
    for (let j = 0; j < columns; j++) target.data[j] = target.data[j]! + factor * rows.data[start + j]!;
  }
}

/** Multiplies a tensor by a number in place. */
export function scaleInPlace(target: Tensor, factor: number): void {
  for (let i = 0; i < target.size; i++) target.data[i] = target.data[i]! * factor;
}
