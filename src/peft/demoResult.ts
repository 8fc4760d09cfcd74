/** The result of a demo run: every tensor that the views draw. */

import type { Tensor } from '../tensor/tensor';
import type { LoraTrainingRecord } from './training';

/** All tensors are float32, row-major. */
export interface DemoResult {
  readonly seed: number;
  /** The text for the terminal and the output channel, without a trailing newline. */
  readonly text: string;
  readonly lora: DemoLora;
  readonly adapter: DemoAdapter;
  readonly prefix: DemoPrefix;
  readonly prompt: DemoPrompt;
}

export interface DemoLora {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  readonly alpha: number;
  readonly scaling: number;
  readonly numParameters: number;
  /** The frozen W, (outFeatures, inFeatures) = (256, 256). */
  readonly weight: Tensor;
  /** The planted change ΔW* that training approaches, (outFeatures, inFeatures), of rank 4. */
  readonly plantedDelta: Tensor;
  /** Describes the planted change to the user. */
  readonly target: string;
  /**
   * Tensors of the first forward and backward pass, before any update: (batch, tokens, features) = (2, 16, 256) each.
   */
  readonly x: Tensor;
  readonly output: Tensor;
  readonly gradOutput: Tensor;
  readonly gradInput: Tensor;
  /** A, B, gradA and gradB at the recorded steps, from the initial layer (B = 0) to the trained one. */
  readonly training: LoraTrainingRecord;
}

export interface DemoAdapter {
  readonly dModel: number;
  readonly bottleneckDim: number;
  readonly numParameters: number;
  /** (dModel, bottleneckDim) = (256, 64), and its gradient. */
  readonly wDown: Tensor;
  readonly gradWDown: Tensor;
  /** (bottleneckDim, dModel), and its gradient. */
  readonly wUp: Tensor;
  readonly gradWUp: Tensor;
  /**
   * The last forward pass, batch and sequence flattened: (32, 256), then (32, 64) before and after the ReLU, (32, 256).
   */
  readonly input: Tensor;
  readonly down: Tensor;
  readonly activated: Tensor;
  readonly output: Tensor;
}

export interface DemoPrefix {
  readonly numLayers: number;
  readonly numHeads: number;
  readonly dHead: number;
  readonly prefixLength: number;
  readonly numParameters: number;
  /** (numLayers, 2, prefixLength, numHeads, dHead) = (4, 2, 10, 8, 32), keys before values; and its gradient. */
  readonly prefix: Tensor;
  readonly gradPrefix: Tensor;
  /** Attention over the prefix and 16 tokens, one entry per layer. */
  readonly attention: readonly DemoAttention[];
}

/** `query`, `key`, `value` and `output` are (batch, numHeads, tokens, dHead) = (2, 8, 16, 32). */
export interface DemoAttention {
  readonly layer: number;
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly output: Tensor;
  /** (batch, numHeads, tokens, prefixLength + tokens) = (2, 8, 16, 26), the prefix first. Each row sums to 1. */
  readonly probabilities: Tensor;
}

export interface DemoPrompt {
  readonly promptLength: number;
  readonly sequenceLength: number;
  readonly dModel: number;
  readonly numParameters: number;
  /** (promptLength, dModel) = (20, 256), and its gradient. */
  readonly prompt: Tensor;
  readonly gradPrompt: Tensor;
  /** The prompt followed by the first batch item's embeddings, (promptLength + sequenceLength, dModel) = (36, 256). */
  readonly sequence: Tensor;
}
