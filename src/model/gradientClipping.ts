/**
 * Gradient clipping by the global norm, as `torch.nn.utils.clip_grad_norm_` has it: all gradients together are scaled
 * by maxNorm / (norm + 1e-6) if that is less than 1.
 */

import { scaleInPlace } from '../tensor/layers/rows';
import type { Tensor } from '../tensor/tensor';

/** PyTorch's guard against division by zero. */
const GUARD = 1e-6;

/** Scales the gradients in place. @returns the norm before clipping, computed in double precision. */
export function clipGradients(gradients: readonly Tensor[], maxNorm: number): number {
  let sum = 0;
  for (const { data } of gradients) for (let i = 0; i < data.length; i++) sum += data[i]! * data[i]!;
  const norm = Math.sqrt(sum);
  const factor = maxNorm / (norm + GUARD);
  if (factor < 1) for (const gradient of gradients) scaleInPlace(gradient, factor);
  return norm;
}
