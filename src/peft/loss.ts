/** Mean squared error: the mean over all elements of (output - target)². */

import { checkShape, Tensor } from '../tensor/tensor';

interface Loss {
  readonly value: number;
  /** By the output, in its shape: 2·(output - target) / elements. */
  readonly gradOutput: Tensor;
}

/** @throws ShapeError unless the shapes are equal. An empty output has a loss of 0. */
export function meanSquaredError(output: Tensor, target: Tensor): Loss {
  checkShape('meanSquaredError: target', target, output.shape);
  const gradOutput = Tensor.zeros(output.shape);
  const elements = Math.max(1, output.size);
  let sum = 0;
  for (let i = 0; i < output.size; i++) {
    const difference = output.data[i]! - target.data[i]!;
    sum += difference * difference;
    gradOutput.data[i] = (2 * difference) / elements;
  }
  return { value: sum / elements, gradOutput };
}
