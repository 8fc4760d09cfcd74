/** A training step of one model in one setup, with everything that its terms are computed from. */

import { blocksOf } from './blocks';
import type { Activations } from './activations';
import type { OptimizerBytes } from './optimizer';
import type { TrainingSetup } from './setup';
import type { TrainedModel } from './trainedModel';
import type { WeightBytes } from './weightBytes';

/** Bytes of one value. */
export interface ItemSizes {
  readonly weight: number;
  readonly adapter: number;
  readonly adapterItem: number;
  readonly stream: number;
  readonly compute: number;
}

export interface Step {
  readonly model: TrainedModel;
  readonly setup: TrainingSetup;
  readonly types: ItemSizes;
  readonly activations: Activations;
  readonly weights: WeightBytes;
  readonly optimizer: OptimizerBytes;
  /** Bytes of the trained parameters, each in its own type. */
  readonly trainedBytes: number;
}

/** The number of GPUs that share what a ZeRO stage divides: 1 optimiser states, 2 gradients, 3 weights. */
export function shards({ zeroStage, gpus }: TrainingSetup, stage: 1 | 2 | 3): number {
  return zeroStage >= stage ? gpus : 1;
}

/** Suffix of a formula whose result is divided over GPUs. */
export function divided(by: number): string {
  return by > 1 ? `, divided over ${by} GPUs` : '';
}

/** ZeRO-3 gathers the weights of a block for its products. */
export function gatheredBytes({ model, setup, types }: Step): number {
  if (setup.zeroStage < 3 || setup.gpus === 1) return 0;
  return blocksOf(model.table).blocks.reduce((max, { parameters }) => Math.max(max, parameters), 0) * types.weight;
}
