/**
 * (IA)³ (Liu et al. 2022, "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning",
 * arXiv:2205.05638): a learned vector scales activations of the frozen model. It has as many values as the layer has
 * features, and starts at ones:
 *
 *     keys and values        h = scale ⊙ (x·Wᵀ)         scale (outFeatures)
 *     feed-forward layer     h = (scale ⊙ x)·Wᵀ         scale (inFeatures), for the second linear layer, "down"
 *
 * After training, the vector can be merged into the rows or the columns of W.
 *
 * Left out: biases, which PEFT scales together with the outputs.
 */

import { checkPositiveInteger, StateError } from '../tensor/errors';
import { matmul, matmulNT } from '../tensor/matmul';
import { checkShape, flattenTokens, Tensor } from '../tensor/tensor';

export interface IA3Options {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Scales the input instead of the output. Default false. */
  readonly isFeedForward?: boolean;
}

/** What the backward pass needs from the last forward pass. */
export interface IA3Cache {
  readonly x: Tensor;
  readonly w: Tensor;
  /** What the vector scaled: the input, or x·Wᵀ. One row per token. */
  readonly unscaled: Tensor;
}

/** `scale` may be replaced, and its `data` may be written. Its shape is checked on every use. */
export class IA3Layer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly isFeedForward: boolean;
  /** (inFeatures) for a feed-forward layer, (outFeatures) otherwise. */
  scale: Tensor;
  /** The gradient from the last backward pass, in the shape of `scale`. `null` before the first one. */
  gradScale: Tensor | null = null;
  /** `null` before the first forward pass. */
  cache: IA3Cache | null = null;

  /** @throws ArgumentError if a size is not a positive integer. */
  constructor({ inFeatures, outFeatures, isFeedForward = false }: IA3Options) {
    checkPositiveInteger('IA3Layer: inFeatures', inFeatures);
    checkPositiveInteger('IA3Layer: outFeatures', outFeatures);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.isFeedForward = isFeedForward;
    this.scale = Tensor.zeros([this.scaledFeatures]);
    this.scale.data.fill(1);
  }

  private get scaledFeatures(): number {
    return this.isFeedForward ? this.inFeatures : this.outFeatures;
  }

  /**
   * @param x (tokens, inFeatures) or (batch, tokens, inFeatures).
   * @param w the frozen weight, (outFeatures, inFeatures).
   * @returns the shape of x with outFeatures in place of inFeatures.
   * @throws ShapeError
   */
  forward(x: Tensor, w: Tensor): Tensor {
    const tokens = flattenTokens('IA3Layer.forward: x', x, this.inFeatures);
    checkShape('IA3Layer.forward: w', w, [this.outFeatures, this.inFeatures]);
    checkShape('IA3Layer.forward: scale', this.scale, [this.scaledFeatures]);
    const unscaled = this.isFeedForward ? tokens : matmulNT(tokens, w);
    const scaled = scaleFeatures(unscaled, this.scale);
    this.cache = { x, w, unscaled };
    const h = this.isFeedForward ? matmulNT(scaled, w) : scaled;
    return h.reshape([...x.shape.slice(0, -1), this.outFeatures]);
  }

  /**
   * Computes `gradScale` from the gradient of the loss with respect to the last output.
   * @returns the gradient with respect to the last input, in the shape of that input.
   * @throws StateError before the first forward pass; ShapeError if gradOutput does not have the shape of the output.
   */
  backward(gradOutput: Tensor): Tensor {
    if (!this.cache) throw new StateError('IA3Layer.backward', 'a forward pass first', 'none');
    const { x, w, unscaled } = this.cache;
    checkShape('IA3Layer.backward: gradOutput', gradOutput, [...x.shape.slice(0, -1), this.outFeatures]);
    const gradH = flattenTokens('IA3Layer.backward: gradOutput', gradOutput, this.outFeatures);
    const gradScaled = this.isFeedForward ? matmul(gradH, w) : gradH;
    const sums = new Float64Array(this.scale.size);
    for (let i = 0; i < gradScaled.size; i++) {
      const j = i % sums.length;
      sums[j] = sums[j]! + gradScaled.data[i]! * unscaled.data[i]!;
    }
    this.gradScale = Tensor.fromArray(sums, [sums.length]);
    const gradUnscaled = scaleFeatures(gradScaled, this.scale);
    return (this.isFeedForward ? gradUnscaled : matmul(gradUnscaled, w)).reshape(x.shape);
  }

  /** The weight of an equivalent plain linear layer: `w` with its rows or columns scaled. @throws ShapeError */
  mergeWeights(w: Tensor): Tensor {
    checkShape('IA3Layer.mergeWeights: w', w, [this.outFeatures, this.inFeatures]);
    if (this.isFeedForward) return scaleFeatures(w, this.scale);
    const merged = w.clone();
    for (let i = 0; i < merged.size; i++) {
      merged.data[i] = merged.data[i]! * this.scale.data[Math.floor(i / this.inFeatures)]!;
    }
    return merged;
  }

  /** inFeatures for a feed-forward layer, outFeatures otherwise. */
  numParameters(): number {
    return this.scale.size;
  }
}

/** Multiplies every row by the vector, element by element. Returns a new tensor. */
function scaleFeatures(rows: Tensor, vector: Tensor): Tensor {
  const out = rows.clone();
  for (let i = 0; i < out.size; i++) out.data[i] = out.data[i]! * vector.data[i % vector.size]!;
  return out;
}
