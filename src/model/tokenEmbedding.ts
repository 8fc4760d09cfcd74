/** The embedding of tokens, with the virtual tokens of a soft prompt (../peft/promptTuning.ts) before each sequence. */

import type { Tensor } from '../tensor/tensor';
import type { Workspace } from '../tensor/workspace';
import type { LoraEmbedding } from './adapters/loraEmbedding';
import type { TokenBatch } from './batch';
import type { Parameter } from './parameter';
import { anyTrains } from './parameter';

export class TokenEmbedding {
  readonly trains: boolean;
  private batch: TokenBatch | null = null;

  constructor(
    /** (vocabulary, hidden). */
    readonly weight: Parameter,
    /** (promptLength, hidden). */
    readonly prompt: Parameter | null,
    private readonly lora: LoraEmbedding | null,
    private readonly workspace: Workspace,
  ) {
    this.trains = anyTrains(weight, prompt) || (lora?.trains ?? false);
  }

  /** @returns (rows, hidden). */
  forward(batch: TokenBatch): Tensor {
    this.batch = batch;
    const hidden = this.weight.value.shape[1]!;
    const out = this.workspace.take(batch.rows, hidden);
    for (let row = 0; row < batch.rows; row++) {
      const { source, at } = this.placeOf(batch.tokens[row]!, hidden);
      out.data.set(source.value.data.subarray(at, at + hidden), row * hidden);
    }
    this.lora?.forward(batch.tokens, out);
    return out;
  }

  /** Adds to the gradients of the tokens, the prompt and the LoRA factors. */
  backward(gradOut: Tensor): void {
    const hidden = this.weight.value.shape[1]!;
    const { tokens, rows } = this.batch!;
    for (let row = 0; row < rows; row++) {
      const { source, at } = this.placeOf(tokens[row]!, hidden);
      const grad = source.grad?.data;
      if (!grad) continue;
      for (let j = 0; j < hidden; j++) grad[at + j] = grad[at + j]! + gradOut.data[row * hidden + j]!;
    }
    this.lora?.backward(gradOut);
  }

  private placeOf(token: number, hidden: number): { readonly source: Parameter; readonly at: number } {
    return token >= 0
      ? { source: this.weight, at: token * hidden }
      : { source: this.prompt!, at: (-1 - token) * hidden };
  }
}
