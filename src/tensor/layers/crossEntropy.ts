/**
 * Cross-entropy of a softmax, averaged over rows:
 *
 *     loss = -mean(log softmax(logits)[label])        dlogits = (softmax(logits) - onehot(label)) / rows
 */

import type { Tensor } from '../tensor';

/**
 * Replaces the logits by their gradient.
 * @param logits (rows, classes).
 * @param labels a class for each row.
 * @returns the loss in double precision; NaN without rows, as PyTorch has it.
 */
export function crossEntropy(logits: Tensor, labels: Int32Array): number {
  const classes = logits.shape[1]!;
  const values = logits.data;
  let loss = 0;
  for (let row = 0; row < labels.length; row++) {
    const start = row * classes;
    let largest = -Infinity;
    for (let j = start; j < start + classes; j++) if (values[j]! > largest) largest = values[j]!;
    const target = start + labels[row]!;
    const score = values[target]! - largest;
    let sum = 0;
    for (let j = start; j < start + classes; j++) {
      const e = Math.exp(values[j]! - largest);
      values[j] = e;
      sum += e;
    }
    loss += Math.log(sum) - score;
    const factor = 1 / (sum * labels.length);
    for (let j = start; j < start + classes; j++) values[j] = values[j]! * factor;
    values[target] = values[target]! - 1 / labels.length;
  }
  return loss / labels.length;
}
