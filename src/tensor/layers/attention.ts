/**
 * Scaled dot-product attention of several sequences of different lengths, with grouped heads (Ainslie et al. 2023,
 * arXiv:2305.13245): consecutive query heads share a head of keys and values. For each query row and head, over the
 * keys that the row sees:
 *
 *     p = softmax(q·Kᵀ / √d)        out = p·V
 *
 * Backward, with g the gradient with respect to `out`:
 *
 *     dV = pᵀ·g        ds = p ⊙ (g·Vᵀ - (g·Vᵀ)·p)        dq = ds·K/√d        dK = dsᵀ·q/√d
 */

import { engineAttention, engineAttentionBackward } from '../engine/layers';
import type { Tensor } from '../tensor';
import type { AttentionHeads, AttentionSpans } from './attentionSpans';

export interface AttentionOperands {
  /** (query rows, heads·headDim). */
  readonly query: Tensor;
  /** (key rows, keyValueHeads·headDim) each. */
  readonly key: Tensor;
  readonly value: Tensor;
  /** (query rows, heads, rowLength): p, at the positions of the keys that the row sees. Other positions are undefined. */
  readonly probabilities: Tensor;
}

/** Computes `probabilities` and `out` (query rows, heads·headDim). */
export function attention(
  operands: AttentionOperands,
  spans: AttentionSpans,
  sizes: AttentionHeads,
  out: Tensor,
): void {
  const { query, key, value, probabilities } = operands;
  if (engineAttention([query, key, value, probabilities, out], spans, sizes)) return;
  const { heads, keyValueHeads, headDim } = sizes;
  const [width, keyWidth] = [heads * headDim, keyValueHeads * headDim];
  const scale = 1 / Math.sqrt(headDim);
  const [q, k, v, p] = [query.data, key.data, value.data, probabilities.data];
  eachRow(spans, (row, keys, first, end) => {
    for (let head = 0; head < heads; head++) {
      const qAt = row * width + head * headDim;
      const kAt = keys * keyWidth + Math.floor((head * keyValueHeads) / heads) * headDim;
      const pAt = (row * heads + head) * spans.rowLength;
      let largest = -Infinity;
      for (let j = first; j < end; j++) {
        let score = 0;
        for (let d = 0; d < headDim; d++) score += q[qAt + d]! * k[kAt + j * keyWidth + d]!;
        p[pAt + j] = score * scale;
        largest = Math.max(largest, p[pAt + j]!);
      }
      let sum = 0;
      for (let j = first; j < end; j++) {
        p[pAt + j] = Math.exp(p[pAt + j]! - largest);
        sum += p[pAt + j]!;
      }
      for (let j = first; j < end; j++) p[pAt + j] = p[pAt + j]! / sum;
      out.data.fill(0, qAt, qAt + headDim);
      for (let j = first; j < end; j++) {
        for (let d = 0; d < headDim; d++) {
          out.data[qAt + d] = out.data[qAt + d]! + p[pAt + j]! * v[kAt + j * keyWidth + d]!;
        }
      }
    }
  });
}

interface AttentionGradients {
  /** The gradient with respect to `out`. */
  readonly gradOut: Tensor;
  /** Overwritten with the gradients, in the shapes of query, key and value. */
  readonly gradQuery: Tensor;
  readonly gradKey: Tensor;
  readonly gradValue: Tensor;
}

/** `operands` are those of the forward pass. */
export function attentionBackward(
  operands: AttentionOperands,
  spans: AttentionSpans,
  sizes: AttentionHeads,
  gradients: AttentionGradients,
): void {
  const { heads, keyValueHeads, headDim } = sizes;
  const [width, keyWidth] = [heads * headDim, keyValueHeads * headDim];
  const scale = 1 / Math.sqrt(headDim);
  const { query, key, value, probabilities } = operands;
  const [q, k, v, p] = [query.data, key.data, value.data, probabilities.data];
  const { gradOut, gradQuery, gradKey, gradValue } = gradients;
  const [g, dq, dk, dv] = [gradOut.data, gradQuery.data, gradKey.data, gradValue.data];
  dk.fill(0);
  dv.fill(0);
  const tensors = [query, key, value, probabilities, gradOut, gradQuery, gradKey, gradValue];
  if (engineAttentionBackward(tensors, spans, sizes)) return;
  eachRow(spans, (row, keys, first, end) => {
    for (let head = 0; head < heads; head++) {
      const qAt = row * width + head * headDim;
      const kAt = keys * keyWidth + Math.floor((head * keyValueHeads) / heads) * headDim;
      const pAt = (row * heads + head) * spans.rowLength;
      // (g·Vᵀ)·p is g·out.
      let expected = 0;
      for (let j = first; j < end; j++) {
        for (let d = 0; d < headDim; d++) expected += g[qAt + d]! * p[pAt + j]! * v[kAt + j * keyWidth + d]!;
      }
      dq.fill(0, qAt, qAt + headDim);
      for (let j = first; j < end; j++) {
        const at = kAt + j * keyWidth;
        const weight = p[pAt + j]!;
        let gradWeight = 0;
        for (let d = 0; d < headDim; d++) {
          gradWeight += g[qAt + d]! * v[at + d]!;
          dv[at + d] = dv[at + d]! + weight * g[qAt + d]!;
        }
        const gradScore = weight * (gradWeight - expected) * scale;
        for (let d = 0; d < headDim; d++) {
          dq[qAt + d] = dq[qAt + d]! + gradScore * k[at + d]!;
          dk[at + d] = dk[at + d]! + gradScore * q[qAt + d]!;
        }
      }
    }
  });
}

/** Calls `visit` for each query row, with the first key row of its sequence and the span of keys that it sees. */
function eachRow(
  { queryStarts, keyStarts, firstKeys, endKeys }: AttentionSpans,
  visit: (row: number, keys: number, first: number, end: number) => void,
): void {
  for (let sequence = 0; sequence + 1 < queryStarts.length; sequence++) {
    for (let row = queryStarts[sequence]!; row < queryStarts[sequence + 1]!; row++) {
      visit(row, keyStarts[sequence]!, firstKeys[row]!, endKeys[row]!);
    }
  }
}
