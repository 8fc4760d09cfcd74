/** What the memory model needs to know about a model type's forward pass in transformers 5. */

import type { AttentionKernel } from '../memory/setup';
import type { ModelShape } from '../modelShape';

export interface ForwardFacts {
  /** Queries and keys are rotated. Otherwise positions are learned, or are biases of the scores. */
  readonly rotary: boolean;
  /** The norms follow the residual sums instead of preceding the branches. */
  readonly postNorm: (shape: ModelShape) => boolean;
  /** Eager attention computes its softmax in the model's type instead of float32. */
  readonly nativeSoftmax: boolean;
  /** Eager attention converts queries and keys to float32 for the scores. */
  readonly floatScores: boolean;
  /** Attention kernels that the type has code for. */
  readonly kernels: readonly AttentionKernel[];
  /** Dropout rate if the config sets none. */
  readonly dropout: number;
  /** Activation function if the config names none. */
  readonly activation: string;
  /** One layer in N uses full attention if the config has a sliding window without a pattern; `null` if none does. */
  readonly slidingPattern: number | null;
}

/** The facts of most decoders. A table states only the differences. */
export const USUAL_FORWARD: ForwardFacts = {
  rotary: true,
  postNorm: () => false,
  nativeSoftmax: false,
  floatScores: false,
  kernels: ['sdpa', 'flash', 'eager'],
  dropout: 0,
  activation: 'gelu',
  slidingPattern: null,
};

/** BERT and its relatives: learned positions, norms after the sums, dropout. */
export const BERT_FORWARD: Partial<ForwardFacts> = {
  rotary: false,
  postNorm: () => true,
  nativeSoftmax: true,
  dropout: 0.1,
};
