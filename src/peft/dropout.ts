/**
 * Dropout with inverted scaling (Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from
 * Overfitting"): each value is dropped with probability p, and the kept ones are divided by 1 - p, so that the expected
 * value is unchanged and nothing needs rescaling after training.
 */

import { ArgumentError } from '../tensor/errors';
import type { Random } from '../tensor/random';
import { Tensor } from '../tensor/tensor';

/** @throws ArgumentError unless the probability is in [0, 1). */
export function checkDropout(where: string, dropout: number): void {
  if (dropout >= 0 && dropout < 1) return;
  throw new ArgumentError(where, 'a probability in [0, 1)', String(dropout));
}

/** A mask of the given shape: 1 keeps a value, 0 drops it. */
export function drawKeepMask(shape: readonly number[], dropout: number, random: Random): Tensor {
  const keep = Tensor.zeros(shape);
  for (let i = 0; i < keep.size; i++) keep.data[i] = random() < dropout ? 0 : 1;
  return keep;
}

/**
 * x ⊙ keep / (1 - dropout), for a mask with as many elements as x. Without a mask it returns x itself. The backward
 * pass is the same function, applied to the gradient.
 */
export function applyDropout(x: Tensor, keep: Tensor | null, dropout: number): Tensor {
  if (!keep) return x;
  const out = x.clone();
  for (let i = 0; i < out.size; i++) out.data[i] = (out.data[i]! * keep.data[i]!) / (1 - dropout);
  return out;
}
