/**
 * Rotary position embedding (Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding",
 * arXiv:2104.09864), as Llama's family applies it: feature i of a head and feature i + headDim/2 are the coordinates of
 * a point in a plane, which is rotated by position · frequency_i.
 *
 *     (a, b) → (a·cos - b·sin, b·cos + a·sin)
 *
 * The backward pass rotates the gradient back, by the opposite angle.
 */

import type { Tensor } from '../tensor';

export interface RotaryTable {
  /** (positions, headDim / 2) each. */
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/**
 * Rotates every head of every row in place.
 * @param x (rows, heads·headDim).
 * @param positions the position of each row.
 * @param direction 1 forward, -1 backward.
 */
export function rotate(x: Tensor, { cos, sin }: RotaryTable, positions: Int32Array, direction: 1 | -1): void {
  const half = cos.shape[1]!;
  const width = x.shape[x.rank - 1]!;
  const values = x.data;
  for (let row = 0; row < positions.length; row++) {
    const angles = positions[row]! * half;
    for (let head = row * width; head < (row + 1) * width; head += 2 * half) {
      for (let i = 0; i < half; i++) {
        const c = cos.data[angles + i]!;
        const s = sin.data[angles + i]! * direction;
        const a = values[head + i]!;
        const b = values[head + half + i]!;
        values[head + i] = a * c - b * s;
        values[head + half + i] = b * c + a * s;
      }
    }
  }
}
