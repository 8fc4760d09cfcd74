/**
 * Elementwise merging of task tensors: TIES (Yadav et al. 2023), DARE (Yu et al. 2023) and magnitude pruning, as PEFT's
 * `utils/merge_utils.py` computes them. The vote of TIES is on the unweighted tensors, a zero never votes for the
 * majority's sign, a tie counts as positive, and the divisor is the number of entries kept, without their weights.
 */

import type { Random } from '../tensor/random';
import { SurgeryError } from './errors';

export type MajorityMethod = 'total' | 'frequency';

/** Σ weight·tensor. */
export function weightedSum(tensors: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const out = new Float64Array(tensors[0]!.length);
  tensors.forEach((tensor, t) => {
    const weight = weights[t]!;
    for (let i = 0; i < out.length; i++) out[i]! += weight * tensor[i]!;
  });
  return out;
}

/** Σ weight·tensor over the entries that agree with the majority's sign, over the number of those entries. */
export function disjointMerge(
  tensors: readonly Float64Array[],
  weights: readonly number[],
  majority: MajorityMethod,
): Float64Array {
  const out = new Float64Array(tensors[0]!.length);
  for (let i = 0; i < out.length; i++) {
    let vote = 0;
    for (const tensor of tensors) vote += majority === 'total' ? tensor[i]! : Math.sign(tensor[i]!);
    const sign = vote >= 0 ? 1 : -1;
    let sum = 0;
    let kept = 0;
    tensors.forEach((tensor, t) => {
      if (Math.sign(tensor[i]!) !== sign) return;
      sum += weights[t]! * tensor[i]!;
      kept++;
    });
    out[i] = sum / Math.max(kept, 1);
  }
  return out;
}

/** Keeps the ⌊density·entries⌋ entries of largest magnitude. Of equal ones at the limit, the first are kept. */
export function pruneByMagnitude(tensor: Float64Array, density: number): Float64Array {
  if (density >= 1) return tensor;
  const kept = Math.floor(density * tensor.length);
  if (kept === 0) return new Float64Array(tensor.length);
  const magnitudes = tensor.map(Math.abs).sort();
  const limit = magnitudes[tensor.length - kept]!;
  let above = 0;
  for (let i = tensor.length - 1; i >= 0 && magnitudes[i]! > limit; i--) above++;
  let ties = kept - above;
  return tensor.map((value) => {
    const magnitude = Math.abs(value);
    return magnitude > limit || (magnitude === limit && ties-- > 0) ? value : 0;
  });
}

/** Keeps each entry with probability `density` and divides it by that. @throws SurgeryError InvalidOption for 0 */
export function pruneAtRandom(tensor: Float64Array, density: number, random: Random): Float64Array {
  if (density >= 1) return tensor;
  if (density === 0) throw new SurgeryError('InvalidOption', 'DARE divides by the density, which is 0');
  return tensor.map((value) => (random() < density ? value / density : 0));
}
