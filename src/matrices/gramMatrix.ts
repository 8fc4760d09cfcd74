/** Gram matrices in float64, by the engine or, without one, by plain loops. */

import { currentEngine } from '../tensor/engine/current';
import { gram64 } from '../tensor/engine/gram';

export interface DenseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** (rows, columns), row-major. */
  readonly data: Float64Array;
}

/** Multiplications below which the plain loops finish before the engine has copied its operands. */
const LEAST_ENGINE_WORK = 200_000;

/** M·Mᵀ, (rows, rows), row-major. */
export function rowGram({ rows, columns, data }: DenseMatrix): Float64Array {
  const engine = rows * rows * columns < LEAST_ENGINE_WORK ? null : currentEngine();
  if (engine) return gram64(engine, data, rows, columns, 'rows');
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += data[i * columns + k]! * data[j * columns + k]!;
      gram[i * rows + j] = sum;
      gram[j * rows + i] = sum;
    }
  }
  return gram;
}

/** Mᵀ·M, (columns, columns), row-major. */
export function columnGram(matrix: DenseMatrix): Float64Array {
  const { rows, columns, data } = matrix;
  const engine = columns * columns * rows < LEAST_ENGINE_WORK ? null : currentEngine();
  return engine ? gram64(engine, data, rows, columns, 'columns') : rowGram(transposed(matrix));
}

export function transposed({ rows, columns, data }: DenseMatrix): DenseMatrix {
  const turned = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!;
  return { rows: columns, columns: rows, data: turned };
}

/** The sum of all products of entries at the same place. */
export function innerProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
