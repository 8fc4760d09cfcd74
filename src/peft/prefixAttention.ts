/**
 * Scaled dot-product attention with learned prefixes, forward and backward: what prefix tuning (Li and Liang 2021,
 * "Prefix-Tuning: Optimizing Continuous Prompts for Generation", arXiv:2101.00190) adds to a layer. For each batch item
 * and head, with d = dHead:
 *
 *     K' = [prefixKey; key]      V' = [prefixValue; value]         (prefix + keyTokens, d)
 *     P  = softmax(Q·K'ᵀ / √d)   output = P·V'
 *
 * All batch items share the prefix, so its gradients are sums over the batch. A causal mask hides later tokens from
 * earlier ones but never hides the prefix. There may be more keys than queries, as with a key-value cache; the last
 * query is then aligned with the last key.
 *
 * Left out: the projections, dropout, padding masks, and fused kernels that never store P. The inspector displays P.
 */

import { scale } from '../tensor/elementwise';
import { describeValue, ShapeError } from '../tensor/errors';
import { matmul, matmulNT, matmulTN } from '../tensor/matmul';
import { checkShape, formatShape, Tensor } from '../tensor/tensor';

export interface PrefixAttentionInputs {
  /** (batch, heads, tokens, dHead). */
  readonly query: Tensor;
  /** (batch, heads, keyTokens, dHead) each. */
  readonly key: Tensor;
  readonly value: Tensor;
  /** (prefix, heads, dHead) each, as returned by `PrefixTuning.getPrefix`. */
  readonly prefixKey: Tensor;
  readonly prefixValue: Tensor;
  /** Default false. If true, query i attends to the whole prefix and to keys up to i + keyTokens - tokens. */
  readonly causal?: boolean;
}

/** Each gradient has the shape of the tensor that it belongs to. */
export interface PrefixAttentionGradients {
  readonly gradQuery: Tensor;
  readonly gradKey: Tensor;
  readonly gradValue: Tensor;
  /** Summed over the batch. */
  readonly gradPrefixKey: Tensor;
  readonly gradPrefixValue: Tensor;
}

export interface PrefixAttentionResult {
  /** (batch, heads, tokens, dHead). */
  readonly output: Tensor;
  /**
   * (batch, heads, tokens, prefix + keyTokens), the prefix first. A row sums to 1, or to 0 if no key is visible to it.
   */
  readonly probabilities: Tensor;
  /**
   * Takes the gradient of the loss with respect to `output`. @throws ShapeError unless it has the shape of `output`.
   */
  backward(gradOutput: Tensor): PrefixAttentionGradients;
}

interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly tokens: number;
  readonly keyTokens: number;
  readonly prefix: number;
  readonly dHead: number;
}

/** @throws ShapeError if the shapes of the inputs do not fit together. */
export function prefixAttention(inputs: PrefixAttentionInputs): PrefixAttentionResult {
  const sizes = checkInputs(inputs);
  const { batch, heads, tokens, keyTokens, prefix, dHead } = sizes;
  const causal = inputs.causal ?? false;
  const output = Tensor.zeros(inputs.query.shape);
  const probabilities = Tensor.zeros([batch, heads, tokens, prefix + keyTokens]);

  for (let item = 0; item < batch; item++) {
    for (let head = 0; head < heads; head++) {
      const index = item * heads + head;
      const query = slice(inputs.query, index); // (tokens, dHead)
      const keys = joined(inputs.prefixKey, head, slice(inputs.key, index)); // (prefix + keyTokens, dHead)
      const values = joined(inputs.prefixValue, head, slice(inputs.value, index));
      const scores = scale(matmulNT(query, keys), 1 / Math.sqrt(dHead)); // (tokens, prefix + keyTokens)
      const weights = slice(probabilities, index);
      for (let i = 0; i < tokens; i++) {
        const visible = causal ? prefix + Math.max(0, i + 1 + keyTokens - tokens) : prefix + keyTokens;
        softmaxRow(scores, weights, i, visible);
      }
      slice(output, index).data.set(matmul(weights, values).data);
    }
  }
  return { output, probabilities, backward: (gradOutput) => backward(inputs, sizes, probabilities, gradOutput) };
}

function backward(
  inputs: PrefixAttentionInputs,
  { batch, heads, prefix, dHead }: Sizes,
  probabilities: Tensor,
  gradOutput: Tensor,
): PrefixAttentionGradients {
  checkShape('prefixAttention.backward: gradOutput', gradOutput, inputs.query.shape);
  const gradQuery = Tensor.zeros(inputs.query.shape);
  const gradKey = Tensor.zeros(inputs.key.shape);
  const gradValue = Tensor.zeros(inputs.value.shape);
  const gradPrefixKey = Tensor.zeros(inputs.prefixKey.shape);
  const gradPrefixValue = Tensor.zeros(inputs.prefixValue.shape);

  for (let item = 0; item < batch; item++) {
    for (let head = 0; head < heads; head++) {
      const index = item * heads + head;
      const query = slice(inputs.query, index);
      const keys = joined(inputs.prefixKey, head, slice(inputs.key, index));
      const values = joined(inputs.prefixValue, head, slice(inputs.value, index));
      const weights = slice(probabilities, index);
      const gradHead = slice(gradOutput, index); // (tokens, dHead)

      const gradWeights = matmulNT(gradHead, values); // (tokens, prefix + keyTokens)
      const gradScores = scale(softmaxBackward(weights, gradWeights), 1 / Math.sqrt(dHead));
      slice(gradQuery, index).data.set(matmul(gradScores, keys).data);
      separate(matmulTN(gradScores, query), prefix, head, gradPrefixKey, slice(gradKey, index));
      separate(matmulTN(weights, gradHead), prefix, head, gradPrefixValue, slice(gradValue, index));
    }
  }
  return { gradQuery, gradKey, gradValue, gradPrefixKey, gradPrefixValue };
}

/**
 * Applies softmax to the first `visible` scores of a row. The weights of the others stay 0. The largest score is
 * subtracted first, which leaves the result unchanged and keeps exp from overflowing.
 */
function softmaxRow(scores: Tensor, weights: Tensor, row: number, visible: number): void {
  const start = row * scores.shape[1]!;
  let largest = -Infinity;
  for (let j = 0; j < visible; j++) largest = Math.max(largest, scores.data[start + j]!);
  let sum = 0;
  for (let j = 0; j < visible; j++) sum += Math.exp(scores.data[start + j]! - largest);
  for (let j = 0; j < visible; j++) weights.data[start + j] = Math.exp(scores.data[start + j]! - largest) / sum;
}

/** dL/ds_j = p_j·(dL/dp_j - Σ_k p_k·dL/dp_k). A masked position has p = 0 and therefore no gradient. */
function softmaxBackward(weights: Tensor, gradWeights: Tensor): Tensor {
  const [rows, columns] = [weights.shape[0]!, weights.shape[1]!];
  const gradScores = Tensor.zeros(weights.shape);
  for (let start = 0; start < rows * columns; start += columns) {
    let expected = 0;
    for (let j = start; j < start + columns; j++) expected += weights.data[j]! * gradWeights.data[j]!;
    for (let j = start; j < start + columns; j++) {
      gradScores.data[j] = weights.data[j]! * (gradWeights.data[j]! - expected);
    }
  }
  return gradScores;
}

/** Matrix `index` of a (batch, heads, rows, columns) tensor, sharing the tensor's data. */
function slice(tensor: Tensor, index: number): Tensor {
  const rows = tensor.shape[2]!;
  const columns = tensor.shape[3]!;
  const start = index * rows * columns;
  return new Tensor(tensor.data.subarray(start, start + rows * columns), [rows, columns]);
}

/** One head of a prefix (prefix, heads, dHead), stacked above the token rows (keyTokens, dHead). */
function joined(prefix: Tensor, head: number, tokens: Tensor): Tensor {
  const [length, heads, dHead] = [prefix.shape[0]!, prefix.shape[1]!, prefix.shape[2]!];
  const out = Tensor.zeros([length + tokens.shape[0]!, dHead]);
  for (let i = 0; i < length; i++) {
    const start = (i * heads + head) * dHead;
    out.data.set(prefix.data.subarray(start, start + dHead), i * dHead);
  }
  out.data.set(tokens.data, length * dHead);
  return out;
}

/**
 * The reverse of `joined` for gradients: the upper rows are added to the prefix's head, the lower rows are the tokens'.
 */
function separate(grad: Tensor, length: number, head: number, gradPrefix: Tensor, gradTokens: Tensor): void {
  const [heads, dHead] = [gradPrefix.shape[1]!, gradPrefix.shape[2]!];
  for (let i = 0; i < length; i++) {
    const start = (i * heads + head) * dHead;
    for (let d = 0; d < dHead; d++) {
      gradPrefix.data[start + d] = gradPrefix.data[start + d]! + grad.data[i * dHead + d]!;
    }
  }
  gradTokens.data.set(grad.data.subarray(length * dHead));
}

function checkInputs({ query, key, value, prefixKey, prefixValue }: PrefixAttentionInputs): Sizes {
  checkRank('query', query, '(batch, heads, tokens, dHead)', 4);
  const [batch, heads, tokens, dHead] = [query.shape[0]!, query.shape[1]!, query.shape[2]!, query.shape[3]!];
  if (dHead === 0) throw new ShapeError('prefixAttention: query', 'dHead of at least 1', formatShape(query.shape));
  checkRank('key', key, `(${batch}, ${heads}, keyTokens, ${dHead})`, 4);
  const keyTokens = key.shape[2]!;
  checkShape('prefixAttention: key', key, [batch, heads, keyTokens, dHead]);
  checkShape('prefixAttention: value', value, [batch, heads, keyTokens, dHead]);
  checkRank('prefixKey', prefixKey, `(prefix, ${heads}, ${dHead})`, 3);
  const prefix = prefixKey.shape[0]!;
  checkShape('prefixAttention: prefixKey', prefixKey, [prefix, heads, dHead]);
  checkShape('prefixAttention: prefixValue', prefixValue, [prefix, heads, dHead]);
  return { batch, heads, tokens, keyTokens, prefix, dHead };
}

function checkRank(name: string, tensor: Tensor, expected: string, rank: number): void {
  const where = `prefixAttention: ${name}`;
  if (!(tensor instanceof Tensor)) throw new ShapeError(where, `a Tensor of shape ${expected}`, describeValue(tensor));
  if (tensor.rank !== rank) throw new ShapeError(where, `shape ${expected}`, formatShape(tensor.shape));
}
