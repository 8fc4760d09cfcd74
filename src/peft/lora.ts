/**
 * LoRA, low-rank adaptation (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685).
 *
 * The weight W (outFeatures, inFeatures) of a linear layer stays frozen, and a product of two thin matrices learns the
 * update to it:
 *
 *     h = x·Wᵀ + scaling · (x·Aᵀ)·Bᵀ        scaling = alpha / rank
 *
 *     A (rank, inFeatures)   starts as N(0, 0.01²)
 *     B (outFeatures, rank)  starts at zero, so that training starts exactly from the frozen model
 *
 * The layer trains rank·(inFeatures + outFeatures) parameters instead of inFeatures·outFeatures. After training,
 * W + scaling·B·A is the weight of a plain linear layer again.
 *
 * Left out: dropout on the LoRA path, rsLoRA's scaling alpha / √rank, DoRA's magnitudes, and layers that are not
 * linear.
 */

import { addScaled, scale } from '../tensor/elementwise';
import { checkFinite, checkPositiveInteger, StateError } from '../tensor/errors';
import { matmul, matmulNT, matmulTN } from '../tensor/matmul';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, flattenTokens, Tensor } from '../tensor/tensor';

/** Standard deviation of the initial A. */
const INITIAL_DEVIATION = 0.01;

export interface LoRAOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Default 8. A rank above both feature counts is allowed but adds nothing. */
  readonly rank?: number;
  /** Default 16. */
  readonly alpha?: number;
  /** Source of the initial A. By default it has a fixed seed, so that equal options give equal layers. */
  readonly random?: Random;
}

/** What the backward pass needs from the last forward pass. */
export interface LoRACache {
  /** The input in its original shape, (tokens, inFeatures) or (batch, tokens, inFeatures), and the frozen weight. */
  readonly x: Tensor;
  readonly w: Tensor;
  /** x·Aᵀ, (all tokens, rank). */
  readonly ax: Tensor;
}

/** `A` and `B` may be replaced, and their `data` may be written. Their shapes are checked on every use. */
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
  /** Gradients from the last backward pass, in the shapes of A and B. `null` before the first one. */
  gradA: Tensor | null = null;
  gradB: Tensor | null = null;
  /** `null` before the first forward pass. */
  cache: LoRACache | null = null;

  /** @throws ArgumentError if the features or the rank are not positive integers, or if alpha is not finite. */
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
   * @returns the shape of x with outFeatures in place of inFeatures.
   * @throws ShapeError
   */
  forward(x: Tensor, w: Tensor): Tensor {
    const tokens = flattenTokens('LoRALayer.forward: x', x, this.inFeatures);
    checkShape('LoRALayer.forward: w', w, [this.outFeatures, this.inFeatures]);
    this.checkParameters('LoRALayer.forward');
    const ax = matmulNT(tokens, this.A); // (tokens, rank)
    const h = addScaled(matmulNT(tokens, w), matmulNT(ax, this.B), this.scaling);
    this.cache = { x, w, ax };
    return h.reshape([...x.shape.slice(0, -1), this.outFeatures]);
  }

  /**
   * Computes `gradA` and `gradB` from the gradient of the loss with respect to the last output. W is frozen and gets no
   * gradient.
   * @returns the gradient with respect to the last input, in the shape of that input.
   * @throws StateError before the first forward pass; ShapeError if gradOutput does not have the shape of the output.
   */
  backward(gradOutput: Tensor): Tensor {
    if (!this.cache) throw new StateError('LoRALayer.backward', 'a forward pass first', 'none');
    const { x, w, ax } = this.cache;
    checkShape('LoRALayer.backward: gradOutput', gradOutput, [...x.shape.slice(0, -1), this.outFeatures]);
    this.checkParameters('LoRALayer.backward');
    const tokens = flattenTokens('LoRALayer.backward: x', x, this.inFeatures);
    const gradH = flattenTokens('LoRALayer.backward: gradOutput', gradOutput, this.outFeatures);
    const scaledGradH = scale(gradH, this.scaling);

    // Backward through u = x·Aᵀ and u·Bᵀ: the gradient reaches B directly, and A through u.
    this.gradB = matmulTN(scaledGradH, ax); // (outFeatures, rank)
    const gradAx = matmul(scaledGradH, this.B); // (tokens, rank)
    this.gradA = matmulTN(gradAx, tokens); // (rank, inFeatures)

    return addScaled(matmul(gradH, w), matmul(gradAx, this.A)).reshape(x.shape);
  }

  /** The weight update scaling·B·A, (outFeatures, inFeatures). @throws ShapeError */
  deltaWeight(): Tensor {
    this.checkParameters('LoRALayer.deltaWeight');
    const product = matmul(this.B, this.A);
    return scale(product, this.scaling);
  }

  /** W + scaling·B·A, the weight of an equivalent plain linear layer. `w` is not modified. @throws ShapeError */
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
