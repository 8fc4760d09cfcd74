/**
 * LoRA of an embedding, as PEFT has it: the embedding of token t gets scaling · B·(column t of A).
 *
 *     A (rank, vocabulary) starts at zero, B (hidden, rank) as N(0, 1)
 */

import { multiplyInto } from '../../tensor/product';
import type { Tensor } from '../../tensor/tensor';
import type { Workspace } from '../../tensor/workspace';
import type { Parameter } from '../parameter';
import { anyTrains } from '../parameter';

export class LoraEmbedding {
  readonly trains: boolean;
  private cache: { readonly tokens: Int32Array; readonly scaled: Tensor } | null = null;

  constructor(
    private readonly a: Parameter,
    private readonly b: Parameter,
    private readonly scaling: number,
    private readonly workspace: Workspace,
  ) {
    this.trains = anyTrains(a, b);
  }

  /** Adds to the rows of `out` (rows, hidden). Virtual tokens, which are negative, have no column in A. */
  forward(tokens: Int32Array, out: Tensor): void {
    const [rank, vocabulary] = [this.a.value.shape[0]!, this.a.value.shape[1]!];
    const scaled = this.workspace.zeros(tokens.length, rank);
    tokens.forEach((token, row) => {
      if (token < 0) return;
      for (let r = 0; r < rank; r++) {
        scaled.data[row * rank + r] = this.scaling * this.a.value.data[r * vocabulary + token]!;
      }
    });
    this.cache = { tokens, scaled };
    multiplyInto('NT', scaled, this.b.value, out, true);
  }

  backward(gradOut: Tensor): void {
    const [rank, vocabulary] = [this.a.value.shape[0]!, this.a.value.shape[1]!];
    const { tokens, scaled } = this.cache!;
    if (this.b.grad) multiplyInto('TN', gradOut, scaled, this.b.grad, true);
    const grad = this.a.grad?.data;
    if (!grad) return;
    const gradScaled = this.workspace.take(tokens.length, rank);
    multiplyInto('NN', gradOut, this.b.value, gradScaled);
    tokens.forEach((token, row) => {
      if (token < 0) return;
      for (let r = 0; r < rank; r++) {
        const at = r * vocabulary + token;
        grad[at] = grad[at]! + this.scaling * gradScaled.data[row * rank + r]!;
      }
    });
  }
}
