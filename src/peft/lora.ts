/**
 * LoRA, low-rank adaptation (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685).
 *
 * The weight W (outFeatures, inFeatures) of a linear layer stays frozen, and a product of two thin matrices learns the
 * update to it:
 *
 *     h = x·Wᵀ + scaling · (dropout(x)·Aᵀ)·Bᵀ        scaling = alpha / rank
 *
 *     A (rank, inFeatures)   starts as N(0, 0.01²)
 *     B (outFeatures, rank)  starts at zero, so that training starts exactly from the frozen model
 *
 * The layer trains rank·(inFeatures + outFeatures) parameters instead of inFeatures·outFeatures. After training,
 * W + scaling·B·A is the weight of a plain linear layer again. Dropout (dropout.ts) is off by default, and affects only
 * the LoRA path. rsLoRA (Kalajdzievski 2023, arXiv:2312.03732) scales by alpha / √rank, so that the update does not
 * shrink as the rank grows. A and B may also start as a part of W (loraInit.ts).
 *
 * Left out: DoRA's magnitudes (dora.ts), and layers that are not linear.
 */

import { addScaled, scale } from '../tensor/elementwise';
import { checkFinite, checkPositiveInteger, StateError } from '../tensor/errors';
import { matmul, matmulNT, matmulTN } from '../tensor/matmul';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, flattenTokens, Tensor } from '../tensor/tensor';
import { applyDropout, checkDropout, drawKeepMask } from './dropout';
import { factorsOfWeight } from './loraInit';
import type { LoRAInit } from './loraInit';

/** Standard deviation of the initial A. */
const INITIAL_DEVIATION = 0.01;

export interface LoRAOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Default 8. A rank above both feature counts is allowed but adds nothing. */
  readonly rank?: number;
  /** Default 16. */
  readonly alpha?: number;
  /** The probability that an input of the LoRA path is dropped during training. Default 0. */
  readonly dropout?: number;
  /** Scales by alpha / √rank. Default false. */
  readonly useRslora?: boolean;
  /** Default 'normal'. The others take A and B from `weight`, and set `residualWeight`. */
  readonly init?: LoRAInit;
  /** (outFeatures, inFeatures). Only 'pissa' and 'olora' need it; it is neither kept nor modified. */
  readonly weight?: Tensor | undefined;
  /** Source of the initial A and of dropout. By default it has a fixed seed, so that equal options give equal layers. */
  readonly random?: Random;
}

export interface LoRAForwardOptions {
  /** The dropout mask to use instead of a random one: 1 keeps an input, 0 drops it. The shape of x. */
  readonly keep?: Tensor;
}

/** What the backward pass needs from the last forward pass. */
export interface LoRACache {
  /** The input in its original shape, (tokens, inFeatures) or (batch, tokens, inFeatures), and the frozen weight. */
  readonly x: Tensor;
  readonly w: Tensor;
  /** dropout(x)·Aᵀ, (all tokens, rank). */
  readonly ax: Tensor;
  /** The dropout mask in the shape of x: 1 kept, 0 dropped. `null` if there was no dropout. */
  readonly keep: Tensor | null;
}

/** `A` and `B` may be replaced, and their `data` may be written. Their shapes are checked on every use. */
export class LoRALayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  readonly alpha: number;
  /** alpha / rank, or alpha / √rank for rsLoRA. */
  readonly scaling: number;
  readonly dropout: number;
  /** Dropout is off if false. */
  training = true;
  /** (rank, inFeatures). */
  A: Tensor;
  /** (outFeatures, rank). */
  B: Tensor;
  /** The weight to pass to `forward` instead of W if A and B were taken from W: W - scaling·B·A. Otherwise `null`. */
  readonly residualWeight: Tensor | null = null;
  /** Gradients from the last backward pass, in the shapes of A and B. `null` before the first one. */
  gradA: Tensor | null = null;
  gradB: Tensor | null = null;
  /** `null` before the first forward pass. */
  cache: LoRACache | null = null;
  private readonly random: Random;

  /**
   * @throws ArgumentError if the features or the rank are not positive integers, if alpha is not finite, or if the
   * dropout is outside [0, 1); ShapeError if `init` needs a weight of another shape.
   */
  constructor({
    inFeatures,
    outFeatures,
    rank = 8,
    alpha = 16,
    dropout = 0,
    useRslora = false,
    init = 'normal',
    weight,
    random = seededRandom(),
  }: LoRAOptions) {
    checkPositiveInteger('LoRALayer: inFeatures', inFeatures);
    checkPositiveInteger('LoRALayer: outFeatures', outFeatures);
    checkPositiveInteger('LoRALayer: rank', rank);
    checkFinite('LoRALayer: alpha', alpha);
    checkDropout('LoRALayer: dropout', dropout);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.rank = rank;
    this.alpha = alpha;
    this.scaling = alpha / (useRslora ? Math.sqrt(rank) : rank);
    this.dropout = dropout;
    this.random = random;
    this.A = Tensor.randn([rank, inFeatures], random, INITIAL_DEVIATION);
    this.B = Tensor.zeros([outFeatures, rank]);
    if (init === 'normal') return;
    checkShape('LoRALayer: weight', weight as Tensor, [outFeatures, inFeatures]);
    const { A, B, residual } = factorsOfWeight(init, weight as Tensor, rank, this.scaling);
    this.A = A;
    this.B = B;
    this.residualWeight = residual;
  }

  /**
   * h = x·Wᵀ + scaling·(dropout(x)·Aᵀ)·Bᵀ
   * @param x (tokens, inFeatures) or (batch, tokens, inFeatures).
   * @param w the frozen weight, (outFeatures, inFeatures).
   * @returns the shape of x with outFeatures in place of inFeatures.
   * @throws ShapeError
   */
  forward(x: Tensor, w: Tensor, options: LoRAForwardOptions = {}): Tensor {
    const tokens = flattenTokens('LoRALayer.forward: x', x, this.inFeatures);
    checkShape('LoRALayer.forward: w', w, [this.outFeatures, this.inFeatures]);
    if (options.keep) checkShape('LoRALayer.forward: keep', options.keep, x.shape);
    this.checkParameters('LoRALayer.forward');
    const isDropping = this.training && this.dropout > 0;
    const keep = options.keep ?? (isDropping ? drawKeepMask(x.shape, this.dropout, this.random) : null);
    const ax = matmulNT(applyDropout(tokens, keep, this.dropout), this.A); // (tokens, rank)
    const h = addScaled(matmulNT(tokens, w), matmulNT(ax, this.B), this.scaling);
    this.cache = { x, w, ax, keep };
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
    const { x, w, ax, keep } = this.cache;
    checkShape('LoRALayer.backward: gradOutput', gradOutput, [...x.shape.slice(0, -1), this.outFeatures]);
    this.checkParameters('LoRALayer.backward');
    const tokens = flattenTokens('LoRALayer.backward: x', x, this.inFeatures);
    const gradH = flattenTokens('LoRALayer.backward: gradOutput', gradOutput, this.outFeatures);
    const scaledGradH = scale(gradH, this.scaling);

    // Backward through u = dropout(x)·Aᵀ and u·Bᵀ: the gradient reaches B directly, and A through u.
    this.gradB = matmulTN(scaledGradH, ax); // (outFeatures, rank)
    const gradAx = matmul(scaledGradH, this.B); // (tokens, rank)
    this.gradA = matmulTN(gradAx, applyDropout(tokens, keep, this.dropout)); // (rank, inFeatures)

    const gradDropped = matmul(gradAx, this.A); // (tokens, inFeatures); dropout stops it where it dropped the input
    return addScaled(matmul(gradH, w), applyDropout(gradDropped, keep, this.dropout)).reshape(x.shape);
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
