/**
 * A decoder-only language model: embedding, blocks, a last norm, and an output layer that may share the embedding's
 * weight. Forward and backward are written out layer by layer; nothing is recorded on a tape.
 *
 * Left out: key-value caches and generation, and half precision.
 */

import { crossEntropy } from '../tensor/layers/crossEntropy';
import type { RotaryTable } from '../tensor/layers/rotary';
import type { Tensor } from '../tensor/tensor';
import type { Workspace } from '../tensor/workspace';
import type { TokenBatch } from './batch';
import type { DecoderBlock } from './decoderBlock';
import type { Norm } from './norm';
import { detached } from './parameter';
import type { Parameter } from './parameter';
import type { Projection } from './projection';
import { rotaryTable } from './rotaryFrequencies';
import type { TokenEmbedding } from './tokenEmbedding';
import type { Decoder } from './decoder';

interface LanguageModelParts {
  readonly decoder: Decoder;
  readonly embedding: TokenEmbedding;
  readonly blocks: readonly DecoderBlock[];
  readonly norm: Norm;
  readonly head: Projection;
  /** Those that train, each once. */
  readonly trained: readonly Parameter[];
  readonly promptLength: number;
  readonly prefixLength: number;
}

export class LanguageModel {
  private rotary: RotaryTable | null = null;

  constructor(
    readonly parts: LanguageModelParts,
    readonly workspace: Workspace,
  ) {}

  get trained(): readonly Parameter[] {
    return this.parts.trained;
  }

  get vocabulary(): number {
    return this.parts.head.outFeatures;
  }

  /**
   * One pass forward and, if anything trains, backward. The gradients of `trained` are overwritten.
   * @returns the mean cross-entropy of the batch's targets.
   */
  computeGradients(batch: TokenBatch): number {
    this.workspace.restart();
    for (const parameter of this.trained) parameter.zeroGradient();
    if (batch.targetRows.length === 0) return NaN; // PyTorch's mean of no losses
    return this.backward(batch, this.hidden(batch, batch.targetRows));
  }

  /** The same, with the logits of all rows, (rows, vocabulary). */
  evaluate(batch: TokenBatch): { readonly loss: number; readonly logits: Tensor } {
    const { head } = this.parts;
    this.workspace.restart();
    const logits = detached(head.forward(this.hidden(batch, null)));
    return { loss: this.computeGradients(batch), logits };
  }

  /** The mean cross-entropy of the batch's targets, from a forward pass alone. */
  lossOf(batch: TokenBatch): number {
    this.workspace.restart();
    if (batch.targetRows.length === 0) return NaN;
    return crossEntropy(this.parts.head.forward(this.hidden(batch, batch.targetRows)), batch.labels);
  }

  /** The most probable token at each target row of the batch, (targets), from a forward pass alone. */
  predict(batch: TokenBatch): Int32Array {
    this.workspace.restart();
    if (batch.targetRows.length === 0) return new Int32Array(0);
    const { data, shape } = this.parts.head.forward(this.hidden(batch, batch.targetRows));
    const [rows, classes] = [shape[0]!, shape[1]!];
    return Int32Array.from({ length: rows }, (_, row) => {
      let best = 0;
      for (let j = 1; j < classes; j++) if (data[row * classes + j]! > data[row * classes + best]!) best = j;
      return best;
    });
  }

  /** The last norm's output: (computed rows, hidden). */
  private hidden(batch: TokenBatch, rows: Int32Array | null): Tensor {
    const { embedding, blocks, norm } = this.parts;
    const pass = { batch, rotary: this.rotaryFor(batch) };
    let h = embedding.forward(batch);
    blocks.forEach((block, layer) => {
      h = block.forward(h, pass, layer === blocks.length - 1 ? rows : null);
    });
    return norm.forward(h);
  }

  /** @param hidden the last norm's output at the targets. */
  private backward(batch: TokenBatch, hidden: Tensor): number {
    const { embedding, blocks, norm, head } = this.parts;
    const gradLogits = head.forward(hidden);
    const loss = crossEntropy(gradLogits, batch.labels);
    const lowest = embedding.trains ? -1 : blocks.findIndex(({ trains }) => trains);
    const reachesBlocks = embedding.trains || lowest >= 0;
    if (!reachesBlocks && !norm.trains && !head.trains) return loss;

    const gradHidden = reachesBlocks || norm.trains ? this.workspace.zeros(...hidden.shape) : null;
    head.backward(gradLogits, gradHidden);
    if (!gradHidden) return loss;
    let grad: Tensor | null = this.workspace.zeros(...hidden.shape);
    norm.backward(gradHidden, grad);
    for (let layer = blocks.length - 1; grad && reachesBlocks && layer >= Math.max(0, lowest); layer--) {
      grad = blocks[layer]!.backward(grad, layer > lowest);
    }
    if (embedding.trains && grad) embedding.backward(grad);
    return loss;
  }

  /** Batches of one length share a table, because some frequencies depend on the length. */
  private rotaryFor({ positionCount }: TokenBatch): RotaryTable {
    const { config, shape } = this.parts.decoder;
    if (this.rotary?.cos.shape[0] !== positionCount) this.rotary = rotaryTable(config, shape.headDim, positionCount);
    return this.rotary!;
  }
}
