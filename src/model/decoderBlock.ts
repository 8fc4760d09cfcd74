/**
 * A block of Llama's kind: each sublayer reads a norm of the residual stream and adds its output to it.
 *
 *     middle = h + attention(norm(h))        out = middle + feedForward(norm(middle))
 */

import { scatterRows } from '../tensor/layers/rows';
import type { Tensor } from '../tensor/tensor';
import type { Workspace } from '../tensor/workspace';
import type { FeedForward } from './feedForward';
import type { Join } from './join';
import type { Norm } from './norm';
import type { Pass, SelfAttention } from './selfAttention';
import { gathered } from './selfAttention';

interface BlockParts {
  readonly attentionNorm: Norm;
  readonly attention: SelfAttention;
  readonly afterAttention: Join;
  readonly feedForwardNorm: Norm;
  readonly feedForward: FeedForward;
  readonly afterFeedForward: Join;
}

export class DecoderBlock {
  readonly trains: boolean;
  private cache: { readonly rows: Int32Array | null; readonly shape: readonly number[] } | null = null;

  constructor(
    private readonly parts: BlockParts,
    private readonly workspace: Workspace,
  ) {
    this.trains = Object.values(parts).some((part: { readonly trains: boolean }) => part.trains);
  }

  /**
   * @param h (rows, hidden).
   * @param rows the rows to compute, in ascending order; `null` for all.
   * @returns (computed rows, hidden).
   */
  forward(h: Tensor, pass: Pass, rows: Int32Array | null): Tensor {
    const { parts, workspace } = this;
    this.cache = { rows, shape: h.shape };
    const attended = parts.attention.forward(parts.attentionNorm.forward(h), pass, rows);
    const middle = parts.afterAttention.forward(rows ? gathered(h, rows, workspace) : h, attended);
    const fed = parts.feedForward.forward(parts.feedForwardNorm.forward(middle));
    return parts.afterFeedForward.forward(middle, fed);
  }

  /**
   * Adds to the gradients of all parts.
   * @param grad the gradient with respect to the output. It is overwritten.
   * @param wantsInput whether anything before the block trains.
   * @returns the gradient with respect to h, or `null` if it is not wanted.
   */
  backward(grad: Tensor, wantsInput: boolean): Tensor | null {
    const { parts, workspace } = this;
    const { rows, shape } = this.cache!;
    const after = parts.afterFeedForward.backward(grad);
    const gradFed = workspace.zeros(...grad.shape);
    parts.feedForward.backward(after.gradOutput, gradFed);
    parts.feedForwardNorm.backward(gradFed, after.gradResidual);

    const { gradResidual, gradOutput } = parts.afterAttention.backward(after.gradResidual);
    const reachesNorm = wantsInput || parts.attentionNorm.trains;
    const gradNormed = reachesNorm ? workspace.zeros(...shape) : null;
    parts.attention.backward(gradOutput, gradNormed);
    if (!gradNormed) return null;
    const gradH = rows ? workspace.zeros(...shape) : gradResidual;
    if (rows) scatterRows(gradResidual, rows, gradH);
    parts.attentionNorm.backward(gradNormed, gradH);
    return wantsInput ? gradH : null;
  }
}
