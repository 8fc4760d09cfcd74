/** The result of a demo run: every tensor that the views draw. */

import type { Tensor } from '../tensor/tensor';
import type { LoraTrainingRecord } from './training';
import type { TrainingRecord } from './trainingRecord';

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

/** What a method learns, for users. */
interface DemoTask {
  /** Completes 'trained towards ...'. */
  readonly target: string;
  /** What one sees before the first step, and which gradients are zero there. Sentences. */
  readonly start: string;
}

export interface DemoLora extends DemoTask {
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

export interface DemoAdapter extends DemoTask {
  readonly dModel: number;
  readonly bottleneckDim: number;
  readonly numParameters: number;
  /** The batch that is shown, flattened: (32, 256). */
  readonly input: Tensor;
  readonly training: TrainingRecord<AdapterSnapshot>;
}

export interface AdapterSnapshot {
  readonly step: number;
  /** (dModel, bottleneckDim) = (256, 64), and its gradient. */
  readonly wDown: Tensor;
  readonly gradWDown: Tensor;
  /** (bottleneckDim, dModel), and its gradient. */
  readonly wUp: Tensor;
  readonly gradWUp: Tensor;
  /** The forward pass on `input`: (32, 64) before and after the ReLU, and (32, 256). */
  readonly down: Tensor;
  readonly activated: Tensor;
  readonly output: Tensor;
}

export interface DemoPrefix extends DemoTask {
  readonly numLayers: number;
  readonly numHeads: number;
  readonly dHead: number;
  readonly prefixLength: number;
  readonly numParameters: number;
  /** The batch that is shown, layer by layer: (batch, numHeads, tokens, dHead) = (2, 8, 16, 32) each. */
  readonly inputs: readonly DemoAttentionInputs[];
  readonly training: TrainingRecord<PrefixSnapshot>;
}

export interface DemoAttentionInputs {
  readonly layer: number;
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
}

export interface PrefixSnapshot {
  readonly step: number;
  /** (numLayers, 2, prefixLength, numHeads, dHead) = (4, 2, 10, 8, 32), keys before values; and its gradient. */
  readonly prefix: Tensor;
  readonly gradPrefix: Tensor;
  /** Attention on `inputs`, layer by layer. */
  readonly attention: readonly DemoAttention[];
}

export interface DemoAttention {
  /** (batch, numHeads, tokens, dHead). */
  readonly output: Tensor;
  /** (batch, numHeads, tokens, prefixLength + tokens) = (2, 8, 16, 26), the prefix first. Each row sums to 1. */
  readonly probabilities: Tensor;
}

export interface DemoPrompt extends DemoTask {
  readonly promptLength: number;
  readonly sequenceLength: number;
  readonly dModel: number;
  readonly numParameters: number;
  readonly training: TrainingRecord<PromptSnapshot>;
}

export interface PromptSnapshot {
  readonly step: number;
  /** (promptLength, dModel) = (20, 256), and its gradient. */
  readonly prompt: Tensor;
  readonly gradPrompt: Tensor;
  /** The prompt followed by the first batch item's embeddings, (promptLength + sequenceLength, dModel) = (36, 256). */
  readonly sequence: Tensor;
}
