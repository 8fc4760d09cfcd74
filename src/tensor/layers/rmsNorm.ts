/**
 * RMSNorm (Zhang and Sennrich 2019, "Root Mean Square Layer Normalization", arXiv:1910.07467), row by row:
 *
 *     y = weight ⊙ x · inverse        inverse = 1 / √(mean(x²) + ε)
 *
 * Backward, with g = weight ⊙ dy:
 *
 *     dx = inverse · (g - x · inverse² · mean(g ⊙ x))        dweight = Σ_rows dy ⊙ x · inverse
 */

import type { Tensor } from '../tensor';

/**
 * @param x (rows, features), as many rows as `inverse` has values.
 * @param weight (features).
 * @param out the shape of x. It may be x itself if there is no backward pass.
 * @param inverse (rows), for the backward pass.
 */
export function rmsNorm(x: Tensor, weight: Tensor, epsilon: number, out: Tensor, inverse: Tensor): void {
  const features = weight.size;
  const [from, to, w] = [x.data, out.data, weight.data];
  for (let row = 0; row < inverse.size; row++) {
    const start = row * features;
    let sum = 0;
    for (let j = start; j < start + features; j++) sum += from[j]! * from[j]!;
    const factor = 1 / Math.sqrt(sum / features + epsilon);
    inverse.data[row] = factor;
    for (let j = 0; j < features; j++) to[start + j] = w[j]! * from[start + j]! * factor;
  }
}

interface RmsNormGradients {
  /** The gradient with respect to the output, (rows, features). */
  readonly gradOut: Tensor;
  /** The gradient with respect to x is added to this tensor. */
  readonly gradX: Tensor;
  /** (features). The gradient is added; `null` if the weight is frozen. */
  readonly gradWeight: Tensor | null;
}

/** `x`, `weight` and `inverse` are those of the forward pass. */
export function rmsNormBackward(
  x: Tensor,
  weight: Tensor,
  inverse: Tensor,
  { gradOut, gradX, gradWeight }: RmsNormGradients,
): void {
  const features = weight.size;
  const [from, w, dy, dx] = [x.data, weight.data, gradOut.data, gradX.data];
  for (let row = 0; row < inverse.size; row++) {
    const start = row * features;
    const factor = inverse.data[row]!;
    let sum = 0;
    for (let j = 0; j < features; j++) sum += dy[start + j]! * w[j]! * from[start + j]!;
    const along = (sum / features) * factor * factor;
    for (let j = 0; j < features; j++) {
      const at = start + j;
      dx[at] = dx[at]! + factor * (dy[at]! * w[j]! - from[at]! * along);
    }
    if (!gradWeight) continue;
    for (let j = 0; j < features; j++) {
      gradWeight.data[j] = gradWeight.data[j]! + dy[start + j]! * from[start + j]! * factor;
    }
  }
}
