/**
 * DoRA (Liu et al. 2024, "DoRA: Weight-Decomposed Low-Rank Adaptation", arXiv:2402.09353): the adapted weight is split
 * into a direction and a magnitude per output. LoRA changes the direction, and a vector learns the magnitude:
 *
 *     V = W + scaling·B·A              norm_j = ‖row j of V‖
 *     h = factor ⊙ (x·Vᵀ)              factor = magnitude / norm
 *
 *     magnitude (outFeatures) starts at the norms of the rows of W, so that training starts exactly from W
 *
 * The backward pass treats the norm as a constant, as PEFT does (section 4.3 of the paper): the gradient of A and B is
 * LoRA's, with the factor on the gradient of the output.
 *
 * Left out: dropout, and biases, which are added after the factor.
 */

import { addScaled, scale } from '../tensor/elementwise';
import { checkFinite, checkPositiveInteger, StateError } from '../tensor/errors';
import { matmul, matmulNT, matmulTN } from '../tensor/matmul';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, flattenTokens, Tensor } from '../tensor/tensor';

/** Standard deviation of the initial A. */
const INITIAL_DEVIATION = 0.01;

export interface DoRAOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** (outFeatures, inFeatures), for the initial magnitudes. It is not kept. */
  readonly weight: Tensor;
  /** Default 8. */
  readonly rank?: number;
  /** Default 16. */
  readonly alpha?: number;
  /** Source of the initial A. By default it has a fixed seed. */
  readonly random?: Random;
}

/** What the backward pass needs from the last forward pass. */
export interface DoRACache {
  /** The input in its original shape, and the frozen weight. */
  readonly x: Tensor;
  readonly w: Tensor;
  /** x·Aᵀ, (all tokens, rank). */
  readonly ax: Tensor;
  /** x·Vᵀ, (all tokens, outFeatures), before the factor. */
  readonly direction: Tensor;
  /** The norms of the rows of V, (outFeatures). */
  readonly norm: Tensor;
}

/** `A`, `B` and `magnitude` may be replaced, and their `data` may be written. Their shapes are checked on every use. */
export class DoRALayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  /** alpha / rank. */
  readonly scaling: number;
  /** (rank, inFeatures). */
  A: Tensor;
  /** (outFeatures, rank). */
  B: Tensor;
  /** (outFeatures). */
  magnitude: Tensor;
  /** Gradients from the last backward pass, in the shapes of the parameters. `null` before the first one. */
  gradA: Tensor | null = null;
  gradB: Tensor | null = null;
  gradMagnitude: Tensor | null = null;
  /** `null` before the first forward pass. */
  cache: DoRACache | null = null;

  /** @throws ArgumentError if a size is not a positive integer or alpha is not finite; ShapeError for the weight. */
  constructor({ inFeatures, outFeatures, weight, rank = 8, alpha = 16, random = seededRandom() }: DoRAOptions) {
    checkPositiveInteger('DoRALayer: inFeatures', inFeatures);
    checkPositiveInteger('DoRALayer: outFeatures', outFeatures);
    checkPositiveInteger('DoRALayer: rank', rank);
    checkFinite('DoRALayer: alpha', alpha);
    checkShape('DoRALayer: weight', weight, [outFeatures, inFeatures]);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.rank = rank;
    this.scaling = alpha / rank;
    this.A = Tensor.randn([rank, inFeatures], random, INITIAL_DEVIATION);
    this.B = Tensor.zeros([outFeatures, rank]);
    this.magnitude = rowNorms(weight);
  }

  /**
   * h = factor ⊙ (x·Wᵀ + scaling·(x·Aᵀ)·Bᵀ)
   * @param x (tokens, inFeatures) or (batch, tokens, inFeatures).
   * @param w the frozen weight, (outFeatures, inFeatures).
   * @returns the shape of x with outFeatures in place of inFeatures.
   * @throws ShapeError
   */
  forward(x: Tensor, w: Tensor): Tensor {
    const tokens = flattenTokens('DoRALayer.forward: x', x, this.inFeatures);
    const norm = rowNorms(this.directionWeight('DoRALayer.forward', w));
    const ax = matmulNT(tokens, this.A); // (tokens, rank)
    const direction = addScaled(matmulNT(tokens, w), matmulNT(ax, this.B), this.scaling);
    this.cache = { x, w, ax, direction, norm };
    return scaleColumns(direction, this.factor(norm)).reshape([...x.shape.slice(0, -1), this.outFeatures]);
  }

  /**
   * Computes `gradA`, `gradB` and `gradMagnitude` from the gradient of the loss with respect to the last output.
   * @returns the gradient with respect to the last input, in the shape of that input.
   * @throws StateError before the first forward pass; ShapeError if gradOutput does not have the shape of the output.
   */
  backward(gradOutput: Tensor): Tensor {
    if (!this.cache) throw new StateError('DoRALayer.backward', 'a forward pass first', 'none');
    const { x, w, ax, direction, norm } = this.cache;
    checkShape('DoRALayer.backward: gradOutput', gradOutput, [...x.shape.slice(0, -1), this.outFeatures]);
    const tokens = flattenTokens('DoRALayer.backward: x', x, this.inFeatures);
    const gradH = flattenTokens('DoRALayer.backward: gradOutput', gradOutput, this.outFeatures);

    // h = magnitude ⊙ direction / norm, column by column
    const sums = new Float64Array(this.outFeatures);
    for (let i = 0; i < gradH.size; i++) {
      const j = i % this.outFeatures;
      sums[j] = sums[j]! + (gradH.data[i]! * direction.data[i]!) / norm.data[j]!;
    }
    this.gradMagnitude = Tensor.fromArray(sums, [this.outFeatures]);

    const gradDirection = scaleColumns(gradH, this.factor(norm));
    const scaledGrad = scale(gradDirection, this.scaling);
    this.gradB = matmulTN(scaledGrad, ax); // (outFeatures, rank)
    const gradAx = matmul(scaledGrad, this.B); // (tokens, rank)
    this.gradA = matmulTN(gradAx, tokens); // (rank, inFeatures)
    return addScaled(matmul(gradDirection, w), matmul(gradAx, this.A)).reshape(x.shape);
  }

  /** The weight of an equivalent plain linear layer: each row of V, rescaled to its magnitude. @throws ShapeError */
  mergeWeights(w: Tensor): Tensor {
    const v = this.directionWeight('DoRALayer.mergeWeights', w);
    const factor = this.factor(rowNorms(v));
    const columns = this.inFeatures;
    for (let i = 0; i < v.size; i++) v.data[i] = v.data[i]! * factor.data[Math.floor(i / columns)]!;
    return v;
  }

  /** rank·(inFeatures + outFeatures) + outFeatures. */
  numParameters(): number {
    return this.A.size + this.B.size + this.magnitude.size;
  }

  /** V = W + scaling·B·A, a new tensor. */
  private directionWeight(where: string, w: Tensor): Tensor {
    checkShape(`${where}: w`, w, [this.outFeatures, this.inFeatures]);
    checkShape(`${where}: A`, this.A, [this.rank, this.inFeatures]);
    checkShape(`${where}: B`, this.B, [this.outFeatures, this.rank]);
    checkShape(`${where}: magnitude`, this.magnitude, [this.outFeatures]);
    return addScaled(w.clone(), matmul(this.B, this.A), this.scaling);
  }

  private factor(norm: Tensor): Tensor {
    const factor = this.magnitude.clone();
    for (let j = 0; j < factor.size; j++) factor.data[j] = factor.data[j]! / norm.data[j]!;
    return factor;
  }
}

/** The Euclidean norm of each row of a matrix. */
function rowNorms(matrix: Tensor): Tensor {
  const [rows, columns] = [matrix.shape[0]!, matrix.shape[1]!];
  const norms = Tensor.zeros([rows]);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = i * columns; j < (i + 1) * columns; j++) sum += matrix.data[j]! ** 2;
    norms.data[i] = Math.sqrt(sum);
  }
  return norms;
}

/** Multiplies column j by factor j. Returns a new tensor. */
function scaleColumns(matrix: Tensor, factor: Tensor): Tensor {
  const out = matrix.clone();
  for (let i = 0; i < out.size; i++) out.data[i] = out.data[i]! * factor.data[i % factor.size]!;
  return out;
}
