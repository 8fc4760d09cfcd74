/** How a stored tensor, or a part of it, is read as a matrix. */

import type { TensorStyle } from './tensorRoles';

/** Entry (i, j) of the matrix is entry `offset + i * rowStride + j * columnStride` of the tensor. */
export interface MatrixLayout {
  readonly rows: number;
  readonly columns: number;
  /** Index of the first entry, for a matrix that is part of a tensor. */
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** A contiguous row-major matrix whose first entry is entry `offset` of the tensor. */
export function rowMajor(rows: number, columns: number, offset = 0): MatrixLayout {
  return { rows, columns, offset, rowStride: columns, columnStride: 1 };
}

interface FactorLayout extends MatrixLayout {
  /** True if the tensor is not exactly this matrix, 2-D and row-major. */
  readonly reshaped: boolean;
}

/**
 * The layout of A as (rank, inFeatures) or B as (outFeatures, rank), or `null` if the shape does not allow it. MLX
 * stores both transposed. For a convolution, A (rank, in, *kernel) is flattened to (rank, in * kernel), and B must have
 * kernel size 1: (out, rank, 1, 1).
 */
export function factorLayout(style: TensorStyle, part: 'a' | 'b', shape: readonly number[]): FactorLayout | null {
  if (shape.length < 2) return null;
  const [first, second] = shape as readonly [number, number];
  const kernel = shape.slice(2).reduce((product, size) => product * size, 1);
  if (style === 'mlx') {
    if (shape.length > 2) return null;
    return { rows: second, columns: first, offset: 0, rowStride: 1, columnStride: second, reshaped: true };
  }
  if (part === 'b' && kernel !== 1) return null;
  return { ...rowMajor(first, second * kernel), reshaped: shape.length > 2 };
}

/** All entries of a tensor: the last dimension as columns, all others as rows. */
export function entriesLayout(shape: readonly number[]): MatrixLayout {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return rowMajor(rows, columns);
}

/**
 * The layout of one expert in stacked factors, or `null` if the shape does not allow it. PEFT stacks in two dimensions,
 * A (experts * rank, in) and B (out, rank * experts) with the expert's index running fastest. MLX stacks in three,
 * (experts, rank, in) and (experts, out, rank).
 */
export function expertLayout(
  part: 'a' | 'b',
  shape: readonly number[],
  expert: number,
  experts: number,
): FactorLayout | null {
  if (shape.length === 3) {
    const [, rows, columns] = shape as readonly [number, number, number];
    return { ...rowMajor(rows, columns, expert * rows * columns), reshaped: true };
  }
  if (shape.length !== 2) return null;
  const [rows, columns] = shape as readonly [number, number];
  if (part === 'a') {
    const rank = rows / experts;
    return { ...rowMajor(rank, columns, expert * rank * columns), reshaped: true };
  }
  const rank = columns / experts;
  return { rows, columns: rank, offset: expert, rowStride: columns, columnStride: experts, reshaped: true };
}

/**
 * The matrix of a tensor's last two dimensions at `slice`, `null` if there is none. 0-D and 1-D tensors are one row.
 */
export function sliceLayout(shape: readonly number[], slice: readonly number[] = []): MatrixLayout | null {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.length < 2 ? 1 : shape.at(-2)!;
  const leading = shape.slice(0, -2);
  if (slice.length > leading.length) return null;
  let index = 0;
  for (let d = 0; d < leading.length; d++) {
    const at = slice[d] ?? 0;
    if (!Number.isInteger(at) || at < 0 || at >= leading[d]!) return null;
    index = index * leading[d]! + at;
  }
  return rowMajor(rows, columns, index * rows * columns);
}
