/** Types first; see the commit that fills it in. */

import type { Tensor } from '../tensor/tensor';

/** The trainable matrices after `step` updates, and their gradients there. */
export interface LoraSnapshot {
  readonly step: number;
  /** (rank, inFeatures) and (outFeatures, rank): copies. */
  readonly A: Tensor;
  readonly B: Tensor;
  readonly gradA: Tensor;
  readonly gradB: Tensor;
}

export interface LoraTrainingRecord {
  /** Ascending by step, never empty: the first is step 0, before any update; the last is the trained layer. */
  readonly snapshots: readonly LoraSnapshot[];
  /** (steps + 1): losses[i] is the loss after i updates. */
  readonly losses: Float64Array;
  /** The optimiser and its settings, for people: 'Adam, learning rate 0.01'. */
  readonly optimiser: string;
}
