/**
 * LoRA and prompt tuning together: a learned prompt is prepended to the input, and the frozen linear layer that reads
 * it has a LoRA layer (lora.ts, promptTuning.ts). One method changes what the model reads, the other how it reads.
 *
 *     h = [prompt; x]·(W + scaling·B·A)ᵀ + bias
 *
 * Both train at once: the gradient that LoRA passes to its input reaches the prompt.
 */

import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import type { Tensor } from '../tensor/tensor';
import type { LoRALayer } from './lora';
import { LoRALinear } from './loraLinear';
import { PromptTuning } from './promptTuning';

export interface LoRAWithPromptOptions {
  /** (outFeatures, dModel), frozen. */
  readonly weight: Tensor;
  /** (outFeatures), frozen. Absent by default. */
  readonly bias?: Tensor | null | undefined;
  /** Default 8. */
  readonly rank?: number;
  /** Default 16. */
  readonly alpha?: number;
  /** Default 20. */
  readonly promptLength?: number;
  readonly random?: Random;
}

export class LoRAWithPrompt {
  readonly linear: LoRALinear;
  readonly prompt: PromptTuning;

  /** @throws ShapeError, ArgumentError as `LoRALinear` and `PromptTuning`. */
  constructor(options: LoRAWithPromptOptions) {
    const { weight, bias, rank = 8, alpha = 16, promptLength = 20, random = seededRandom() } = options;
    this.linear = new LoRALinear({ weight, bias, rank, alpha, random });
    this.prompt = new PromptTuning({ dModel: this.linear.inFeatures, promptLength, random });
  }

  /** The LoRA layer, with `A`, `B` and their gradients. */
  get lora(): LoRALayer {
    return this.linear.lora;
  }

  /**
   * @param inputEmbeds (batch, sequence, dModel) or (sequence, dModel).
   * @returns (batch, promptLength + sequence, outFeatures), or without the batch.
   * @throws ShapeError
   */
  forward(inputEmbeds: Tensor): Tensor {
    return this.linear.forward(this.prompt.forward(inputEmbeds));
  }

  /**
   * Computes the gradients of `lora` and `prompt`. @returns the gradient with respect to the input, without the prompt.
   * @throws StateError, ShapeError
   */
  backward(gradOutput: Tensor): Tensor {
    return this.prompt.backward(this.linear.backward(gradOutput));
  }

  /** The number of trainable parameters. */
  numParameters(): number {
    return this.linear.numParameters() + this.prompt.numParameters();
  }
}
