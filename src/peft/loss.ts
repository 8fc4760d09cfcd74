/** Mean squared error: the mean of (output - target)² over all elements. */

import { checkShape, Tensor } from '../tensor/tensor';

interface Loss {
  readonly value: number;
  /** The gradient with respect to the output, in its shape: 2·(output - target) / elements. */
  readonly gradOutput: Tensor;
}

/** An empty output has loss 0. @throws ShapeError if the shapes differ. */
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
