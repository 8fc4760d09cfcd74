/**
 * The reparametrisation of prefix tuning (Li and Liang 2021, section 4.3): training the prefix directly is unstable, so
 * a small MLP generates it from learned embeddings, one per prefix position:
 *
 *     hidden = tanh(embedding·w1ᵀ + b1)      rows = hidden·w2ᵀ + b2
 *
 *     embedding (prefixLength, embeddingDim)
 *     w1 (hiddenDim, embeddingDim)           b1 (hiddenDim)
 *     w2 (width, hiddenDim)                  b2 (width)          width = numLayers·2·numHeads·dHead
 *
 * A row holds the keys and values of all layers for one position, in the order (layer, key or value, head, dHead).
 * After training the MLP is thrown away, and only the prefix that it generates is kept.
 *
 * The embedding starts as N(0, 1), a weight as N(0, 1/inputs), and a bias at zero.
 */

import { addRow } from '../tensor/elementwise';
import { checkPositiveInteger, StateError } from '../tensor/errors';
import { matmul, matmulNT, matmulTN } from '../tensor/matmul';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, Tensor } from '../tensor/tensor';
import { PrefixTuning } from './prefixTuning';

export interface PrefixMLPOptions {
  readonly numLayers: number;
  readonly numHeads: number;
  readonly dHead: number;
  /** Default 10. */
  readonly prefixLength?: number;
  /** Default numHeads·dHead. */
  readonly embeddingDim?: number;
  /** Default 512, as in the paper. */
  readonly hiddenDim?: number;
  /** Source of the initial weights. By default it has a fixed seed. */
  readonly random?: Random;
}

/** The parameters may be replaced, and their `data` may be written. Their shapes are checked on every use. */
export class PrefixMLP {
  readonly numLayers: number;
  readonly numHeads: number;
  readonly dHead: number;
  readonly prefixLength: number;
  readonly embeddingDim: number;
  readonly hiddenDim: number;
  embedding: Tensor;
  w1: Tensor;
  b1: Tensor;
  w2: Tensor;
  b2: Tensor;
  /** Gradients from the last backward pass, in the shapes of the parameters. `null` before the first one. */
  gradEmbedding: Tensor | null = null;
  gradW1: Tensor | null = null;
  gradB1: Tensor | null = null;
  gradW2: Tensor | null = null;
  gradB2: Tensor | null = null;
  /** tanh(embedding·w1ᵀ + b1), (prefixLength, hiddenDim). `null` before the first forward pass. */
  cache: { readonly hidden: Tensor } | null = null;

  /** @throws ArgumentError if a size is not a positive integer. */
  constructor(options: PrefixMLPOptions) {
    const { numLayers, numHeads, dHead, prefixLength = 10, random = seededRandom() } = options;
    const { embeddingDim = numHeads * dHead, hiddenDim = 512 } = options;
    const sizes = { numLayers, numHeads, dHead, prefixLength, embeddingDim, hiddenDim };
    for (const [name, size] of Object.entries(sizes)) checkPositiveInteger(`PrefixMLP: ${name}`, size);
    this.numLayers = numLayers;
    this.numHeads = numHeads;
    this.dHead = dHead;
    this.prefixLength = prefixLength;
    this.embeddingDim = embeddingDim;
    this.hiddenDim = hiddenDim;
    this.embedding = Tensor.randn([prefixLength, embeddingDim], random);
    this.w1 = Tensor.randn([hiddenDim, embeddingDim], random, 1 / Math.sqrt(embeddingDim));
    this.b1 = Tensor.zeros([hiddenDim]);
    this.w2 = Tensor.randn([this.width, hiddenDim], random, 1 / Math.sqrt(hiddenDim));
    this.b2 = Tensor.zeros([this.width]);
  }

  /** Keys and values of one position in all layers. */
  private get width(): number {
    return this.numLayers * 2 * this.numHeads * this.dHead;
  }

  /** @returns the prefix, (numLayers, 2, prefixLength, numHeads, dHead). @throws ShapeError */
  forward(): Tensor {
    this.checkParameters('PrefixMLP.forward');
    const hidden = addRow(matmulNT(this.embedding, this.w1), this.b1); // (prefixLength, hiddenDim)
    for (let i = 0; i < hidden.size; i++) hidden.data[i] = Math.tanh(hidden.data[i]!);
    this.cache = { hidden };
    const rows = addRow(matmulNT(hidden, this.w2), this.b2); // (prefixLength, width)
    return this.swapPositions(rows, 'toPrefix');
  }

  /**
   * Computes the gradients of the parameters from the gradient of the loss with respect to the prefix, as
   * `PrefixTuning.gradPrefix` has it.
   * @throws StateError before the first forward pass; ShapeError if gradPrefix does not have the shape of the prefix.
   */
  backward(gradPrefix: Tensor): void {
    if (!this.cache) throw new StateError('PrefixMLP.backward', 'a forward pass first', 'none');
    const { hidden } = this.cache;
    checkShape('PrefixMLP.backward: gradPrefix', gradPrefix, this.prefixShape());
    this.checkParameters('PrefixMLP.backward');
    const gradRows = this.swapPositions(gradPrefix, 'toRows'); // (prefixLength, width)
    this.gradW2 = matmulTN(gradRows, hidden);
    this.gradB2 = columnSums(gradRows);
    const gradHidden = matmul(gradRows, this.w2);
    // tanh' = 1 - tanh²
    for (let i = 0; i < hidden.size; i++) gradHidden.data[i] = gradHidden.data[i]! * (1 - hidden.data[i]! ** 2);
    this.gradW1 = matmulTN(gradHidden, this.embedding);
    this.gradB1 = columnSums(gradHidden);
    this.gradEmbedding = matmul(gradHidden, this.w1);
  }

  /** The generated prefix as prefix tuning without an MLP, for use after training. */
  toPrefixTuning(): PrefixTuning {
    const { numLayers, numHeads, dHead, prefixLength } = this;
    const tuning = new PrefixTuning({ numLayers, numHeads, dHead, prefixLength });
    tuning.prefix = this.forward();
    return tuning;
  }

  /** The number of parameters that train, MLP and embedding. The prefix that is kept has fewer. */
  numParameters(): number {
    const { embedding, w1, b1, w2, b2 } = this;
    return [embedding, w1, b1, w2, b2].reduce((sum, { size }) => sum + size, 0);
  }

  private prefixShape(): number[] {
    return [this.numLayers, 2, this.prefixLength, this.numHeads, this.dHead];
  }

  /** Rows (prefixLength, width) have the position first; the prefix has it after the layer and key or value. */
  private swapPositions(from: Tensor, direction: 'toPrefix' | 'toRows'): Tensor {
    const { numLayers, prefixLength, width } = this;
    const part = this.numHeads * this.dHead;
    const to = Tensor.zeros(direction === 'toPrefix' ? this.prefixShape() : [prefixLength, width]);
    for (let position = 0; position < prefixLength; position++) {
      for (let pair = 0; pair < numLayers * 2; pair++) {
        const inRows = position * width + pair * part;
        const inPrefix = (pair * prefixLength + position) * part;
        const [source, target] = direction === 'toPrefix' ? [inRows, inPrefix] : [inPrefix, inRows];
        to.data.set(from.data.subarray(source, source + part), target);
      }
    }
    return to;
  }

  private checkParameters(where: string): void {
    checkShape(`${where}: embedding`, this.embedding, [this.prefixLength, this.embeddingDim]);
    checkShape(`${where}: w1`, this.w1, [this.hiddenDim, this.embeddingDim]);
    checkShape(`${where}: b1`, this.b1, [this.hiddenDim]);
    checkShape(`${where}: w2`, this.w2, [this.width, this.hiddenDim]);
    checkShape(`${where}: b2`, this.b2, [this.width]);
  }
}

/** The gradient of a bias: the sum over rows, in double precision. */
function columnSums(rows: Tensor): Tensor {
  const columns = rows.shape[1]!;
  const sums = new Float64Array(columns);
  for (let i = 0; i < rows.size; i++) sums[i % columns] = sums[i % columns]! + rows.data[i]!;
  return Tensor.fromArray(sums, [columns]);
}
