/** Element-wise sums and multiples of tensors, and the row-wise sum that biases need. */

import { checkShape } from './tensor';
import type { Tensor } from './tensor';

/** Returns factor·a as a new tensor. */
export function scale(a: Tensor, factor: number): Tensor {
  const out = a.clone();
  for (let i = 0; i < out.size; i++) out.data[i] = a.data[i]! * factor;
  return out;
}

/** Adds factor·b to `target` in place and returns `target`. @throws ShapeError unless the shapes are equal. */
export function addScaled(target: Tensor, b: Tensor, factor = 1): Tensor {
  checkShape('addScaled(b)', b, target.shape);
  for (let i = 0; i < target.size; i++) target.data[i] = target.data[i]! + factor * b.data[i]!;
  return target;
}

/** Adds `row` (columns) to every row of `target` (..., columns) in place and returns `target`. */
export function addRow(target: Tensor, row: Tensor): Tensor {
  const columns = target.shape[target.rank - 1] ?? 1;
  checkShape('addRow(row)', row, [columns]);
  for (let i = 0; i < target.size; i++) target.data[i] = target.data[i]! + row.data[i % columns]!;
  return target;
}
