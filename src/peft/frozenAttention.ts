/**
 * Causal self-attention with frozen projections, as prompt tuning meets it in a model: the input's tokens look back at
 * the virtual tokens before them.
 *
 *     Q = x·Wqᵀ at the last tokens      K = x·Wkᵀ, V = x·Wvᵀ at all tokens      output = attention(Q, K, V)
 *
 * Left out: the output projection, and the gradient through the queries, which are the input's tokens and do not train.
 */

import { addScaled } from '../tensor/elementwise';
import { matmul, matmulNT } from '../tensor/matmul';
import { Tensor } from '../tensor/tensor';
import { prefixAttention } from './prefixAttention';

interface FrozenProjections {
  /** (dModel, dModel) each. */
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
}

interface FrozenAttentionResult {
  /** (batch, heads, lastTokens, dHead). */
  readonly output: Tensor;
  /** Takes the gradient with respect to `output`. @returns the gradient with respect to x through keys and values. */
  backward(gradOutput: Tensor): Tensor;
}

export class FrozenAttention {
  constructor(
    private readonly weights: FrozenProjections,
    private readonly numHeads: number,
  ) {}

  /**
   * @param x (batch, tokens, dModel).
   * @param lastTokens the number of tokens at the end that query the others.
   */
  forward(x: Tensor, lastTokens: number): FrozenAttentionResult {
    const [batch, tokens, dModel] = [x.shape[0]!, x.shape[1]!, x.shape[2]!];
    const rows = x.reshape([batch * tokens, dModel]);
    const { query, key, value } = this.weights;
    const none = Tensor.zeros([0, this.numHeads, dModel / this.numHeads]);
    const { output, backward } = prefixAttention({
      query: this.heads(matmulNT(lastRows(x, lastTokens), query), batch),
      key: this.heads(matmulNT(rows, key), batch),
      value: this.heads(matmulNT(rows, value), batch),
      prefixKey: none,
      prefixValue: none,
      causal: true,
    });
    return {
      output,
      backward: (gradOutput) => {
        const { gradKey, gradValue } = backward(gradOutput);
        const gradRows = addScaled(matmul(joined(gradKey), key), matmul(joined(gradValue), value));
        return gradRows.reshape(x.shape);
      },
    };
  }

  /** (batch·tokens, heads·dHead) as (batch, heads, tokens, dHead). */
  private heads(rows: Tensor, batch: number): Tensor {
    const [tokens, dHead] = [rows.shape[0]! / batch, rows.shape[1]! / this.numHeads];
    const split = Tensor.zeros([batch, this.numHeads, tokens, dHead]);
    copyHeads(split, (row, head) => split.data.set(rows.data.subarray(row, row + dHead), head));
    return split;
  }
}

/** The last tokens of every batch item as rows. */
function lastRows(x: Tensor, count: number): Tensor {
  const [batch, tokens, dModel] = [x.shape[0]!, x.shape[1]!, x.shape[2]!];
  const last = Tensor.zeros([batch * count, dModel]);
  for (let item = 0; item < batch; item++) {
    const end = (item + 1) * tokens * dModel;
    last.data.set(x.data.subarray(end - count * dModel, end), item * count * dModel);
  }
  return last;
}

/** (batch, heads, tokens, dHead) as (batch·tokens, heads·dHead). */
function joined(split: Tensor): Tensor {
  const [batch, heads, tokens, dHead] = [split.shape[0]!, split.shape[1]!, split.shape[2]!, split.shape[3]!];
  const rows = Tensor.zeros([batch * tokens, heads * dHead]);
  copyHeads(split, (row, head) => rows.data.set(split.data.subarray(head, head + dHead), row));
  return rows;
}

/** Calls `copy` with the offsets of every head of every token as rows and as heads. */
function copyHeads({ shape }: Tensor, copy: (row: number, head: number) => void): void {
  const [batch, heads, tokens, dHead] = [shape[0]!, shape[1]!, shape[2]!, shape[3]!];
  for (let item = 0; item < batch; item++)
    for (let head = 0; head < heads; head++)
      for (let token = 0; token < tokens; token++)
        copy(((item * tokens + token) * heads + head) * dHead, ((item * heads + head) * tokens + token) * dHead);
}
