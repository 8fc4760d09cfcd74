/**
 * What rank a change of the weights needs: every matrix of the change is cut to its largest singular values. The changes
 * of the embedding and the norms are kept whole.
 */

import type { NamedTensors } from '../model/buildModel';
import { checkPositiveInteger, ShapeError } from '../tensor/errors';
import { svd } from '../tensor/svd';
import { checkShape, Tensor } from '../tensor/tensor';

/**
 * @returns base + the change of rank at most `rank`, for every linear layer.
 * @throws ShapeError if the tensors differ in name or shape; ArgumentError.
 */
export function truncateDelta(base: NamedTensors, changed: NamedTensors, rank: number): NamedTensors {
  checkPositiveInteger('truncateDelta: rank', rank);
  return Object.fromEntries(
    Object.entries(base).map(([name, before]) => {
      const after = changed[name];
      if (!after) throw new ShapeError(`truncateDelta: ${name}`, 'a tensor', 'none');
      checkShape(`truncateDelta: ${name}`, after, before.shape);
      return [name, name.endsWith('_proj.weight') ? truncated(before, after, rank) : after];
    }),
  );
}

function truncated(before: Tensor, after: Tensor, rank: number): Tensor {
  const [rows, columns] = [before.shape[0]!, before.shape[1]!];
  const delta = before.data.map((value, i) => after.data[i]! - value);
  const { u, values, v } = svd({ data: delta, shape: [rows, columns] });
  const sum = Float64Array.from(before.data);
  for (let k = 0; k < Math.min(rank, values.length); k++) {
    for (let i = 0; i < rows; i++) {
      const left = u.data[k * rows + i]! * values[k]!;
      for (let j = 0; j < columns; j++) sum[i * columns + j] = sum[i * columns + j]! + left * v.data[k * columns + j]!;
    }
  }
  return Tensor.fromArray(sum, [rows, columns]);
}
