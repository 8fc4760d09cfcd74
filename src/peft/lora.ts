/**
 * LoRA, low-rank adaptation (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685).
 *
 * A frozen linear layer W (outFeatures, inFeatures) is left as it is, and a product of two thin matrices learns the
 * change to it:
 *
 *     h = x·Wᵀ + scaling · (x·Aᵀ)·Bᵀ        scaling = alpha / rank
 *
 *     A (rank, inFeatures)   starts as N(0, 0.01²)
 *     B (outFeatures, rank)  starts at zero, so that training starts from the frozen model exactly
 *
 * rank·(inFeatures + outFeatures) numbers are trained instead of inFeatures·outFeatures, and after training
 * W + scaling·B·A is a plain linear layer again.
 *
 * Left out: dropout on the LoRA path, rsLoRA's alpha / √rank, DoRA's magnitudes, and any layer that is not linear.
 */

import { addScaled, scale } from '../tensor/elementwise';
import { checkFinite, checkPositiveInteger, StateError } from '../tensor/errors';
import { matmul, matmulNT, matmulTN } from '../tensor/matmul';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, flattenTokens, Tensor } from '../tensor/tensor';

/** Standard deviation of a freshly made A. */
const INITIAL_DEVIATION = 0.01;

export interface LoRAOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Default 8. It may exceed the features, though nothing is gained by it. */
  readonly rank?: number;
  /** Default 16. */
  readonly alpha?: number;
  /** Where A comes from; a source of fixed seed by default, so that the same layer is made again. */
  readonly random?: Random;
}

/** What backward needs of the last forward. */
export interface LoRACache {
  /** The input as it was given, (tokens, inFeatures) or (batch, tokens, inFeatures), and the frozen weight. */
  readonly x: Tensor;
  readonly w: Tensor;
  /** x·Aᵀ, (all tokens, rank). */
  readonly ax: Tensor;
}

/** `A` and `B` may be assigned and their `data` written; their shapes are checked where they are used. */
export class LoRALayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  readonly alpha: number;
  /** alpha / rank. */
  readonly scaling: number;
  /** (rank, inFeatures). */
  A: Tensor;
  /** (outFeatures, rank). */
  B: Tensor;
  /** Gradients of the last backward, in the shapes of A and B; null before it. Each backward writes them anew. */
  gradA: Tensor | null = null;
  gradB: Tensor | null = null;
  /** Null before the first forward. */
  cache: LoRACache | null = null;

  /** @throws ArgumentError unless features and rank are positive integers and alpha is finite. */
  constructor({ inFeatures, outFeatures, rank = 8, alpha = 16, random = seededRandom() }: LoRAOptions) {
    checkPositiveInteger('LoRALayer: inFeatures', inFeatures);
    checkPositiveInteger('LoRALayer: outFeatures', outFeatures);
    checkPositiveInteger('LoRALayer: rank', rank);
    checkFinite('LoRALayer: alpha', alpha);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.rank = rank;
    this.alpha = alpha;
    this.scaling = alpha / rank;
    this.A = Tensor.randn([rank, inFeatures], random, INITIAL_DEVIATION);
    this.B = Tensor.zeros([outFeatures, rank]);
  }

  /**
   * h = x·Wᵀ + scaling·(x·Aᵀ)·Bᵀ
   * @param x (tokens, inFeatures) or (batch, tokens, inFeatures).
   * @param w the frozen weight, (outFeatures, inFeatures).
   * @returns as x, with outFeatures in place of inFeatures.
   * @throws ShapeError
   */
  forward(x: Tensor, w: Tensor): Tensor {
    const tokens = flattenTokens('LoRALayer.forward: x', x, this.inFeatures);
    checkShape('LoRALayer.forward: w', w, [this.outFeatures, this.inFeatures]);
    this.checkParameters('LoRALayer.forward');
    const ax = matmulNT(tokens, this.A); // (tokens, rank): the whole input squeezed through the rank
    const h = addScaled(matmulNT(tokens, w), matmulNT(ax, this.B), this.scaling);
    this.cache = { x, w, ax };
    return h.reshape([...x.shape.slice(0, -1), this.outFeatures]);
  }

  /**
   * Takes the gradient of the loss by the last forward's output, sets `gradA` and `gradB`, and returns the gradient by
   * that forward's input, in its shape. W is frozen and gets none.
   * @throws StateError before a forward; ShapeError unless gradOutput has the shape of the output.
   */
  backward(gradOutput: Tensor): Tensor {
    if (!this.cache) throw new StateError('LoRALayer.backward', 'a forward before it', 'none');
    const { x, w, ax } = this.cache;
    checkShape('LoRALayer.backward: gradOutput', gradOutput, [...x.shape.slice(0, -1), this.outFeatures]);
    this.checkParameters('LoRALayer.backward');
    const tokens = flattenTokens('LoRALayer.backward: x', x, this.inFeatures);
    const gradH = flattenTokens('LoRALayer.backward: gradOutput', gradOutput, this.outFeatures);
    const scaledGradH = scale(gradH, this.scaling);

    // Of (x·Aᵀ)·Bᵀ: B meets x·Aᵀ, and what flows back through B meets x.
    this.gradB = matmulTN(scaledGradH, ax); // (outFeatures, rank)
    const gradAx = matmul(scaledGradH, this.B); // (tokens, rank)
    this.gradA = matmulTN(gradAx, tokens); // (rank, inFeatures)

    return addScaled(matmul(gradH, w), matmul(gradAx, this.A)).reshape(x.shape);
  }

  /** scaling·B·A, the change to the weight, (outFeatures, inFeatures). @throws ShapeError */
  deltaWeight(): Tensor {
    this.checkParameters('LoRALayer.deltaWeight');
    const product = matmul(this.B, this.A);
    return scale(product, this.scaling);
  }

  /** W + scaling·B·A: the weight of a plain linear layer that does the same. `w` stays as it is. @throws ShapeError */
  mergeWeights(w: Tensor): Tensor {
    checkShape('LoRALayer.mergeWeights: w', w, [this.outFeatures, this.inFeatures]);
    this.checkParameters('LoRALayer.mergeWeights');
    return addScaled(w.clone(), matmul(this.B, this.A), this.scaling);
  }

  /** rank·(inFeatures + outFeatures). */
  numParameters(): number {
    return this.A.size + this.B.size;
  }

  private checkParameters(where: string): void {
    checkShape(`${where}: A`, this.A, [this.rank, this.inFeatures]);
    checkShape(`${where}: B`, this.B, [this.outFeatures, this.rank]);
  }
}
