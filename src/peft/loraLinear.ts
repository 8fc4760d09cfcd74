/**
 * A pretrained linear layer with LoRA beside it: y = x·Wᵀ + bias + scaling·(x·Aᵀ)·Bᵀ. Weight and bias are frozen; the
 * layer that learns is in lora.ts.
 *
 * `applyLoraToAttention` puts it over the projections of an attention block. Hu et al. 2021 (section 7.1) found query
 * and value the best place for a small budget; they are the default.
 */

import { addRow } from '../tensor/elementwise';
import { ArgumentError, describeValue, ShapeError } from '../tensor/errors';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, formatShape, Tensor } from '../tensor/tensor';
import { LoRALayer } from './lora';

export interface LoRALinearOptions {
  /** (outFeatures, inFeatures); kept, not copied. */
  readonly weight: Tensor;
  /** (outFeatures); none by default. */
  readonly bias?: Tensor | null | undefined;
  /** Default 8. */
  readonly rank?: number;
  /** Default 16. */
  readonly alpha?: number;
  readonly random?: Random;
}

export class LoRALinear {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly lora: LoRALayer;

  /** @throws ShapeError for a weight that is not 2-D or a bias that does not fit; ArgumentError as `LoRALayer` does. */
  constructor({ weight, bias = null, rank = 8, alpha = 16, random = seededRandom() }: LoRALinearOptions) {
    const expected = 'shape (outFeatures, inFeatures)';
    if (!(weight instanceof Tensor)) throw new ShapeError('LoRALinear: weight', expected, describeValue(weight));
    const [outFeatures, inFeatures] = weight.shape;
    if (weight.rank !== 2 || outFeatures === undefined || inFeatures === undefined) {
      throw new ShapeError('LoRALinear: weight', expected, formatShape(weight.shape));
    }
    if (bias !== null) checkShape('LoRALinear: bias', bias, [outFeatures]);
    this.weight = weight;
    this.bias = bias;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.lora = new LoRALayer({ inFeatures, outFeatures, rank, alpha, random });
  }

  /** @param x (tokens, inFeatures) or (batch, tokens, inFeatures). @throws ShapeError */
  forward(x: Tensor): Tensor {
    const output = this.lora.forward(x, this.weight);
    return this.bias ? addRow(output, this.bias) : output;
  }

  /** Sets the gradients of `lora` and returns the gradient of the input. @throws StateError, ShapeError */
  backward(gradOutput: Tensor): Tensor {
    return this.lora.backward(gradOutput); // a bias is added, so the gradient passes it unchanged
  }

  /** The plain linear layer that does the same. The weight is new, the bias the frozen one or null. */
  merge(): { weight: Tensor; bias: Tensor | null } {
    return { weight: this.lora.mergeWeights(this.weight), bias: this.bias };
  }

  /** Trainable parameters only. */
  numParameters(): number {
    return this.lora.numParameters();
  }
}

/** Query, key, value and output projection of an attention block. */
export type AttentionProjection = 'q' | 'k' | 'v' | 'o';

export interface AttentionLoraOptions {
  /** Default 8. */
  readonly rank?: number;
  /** Default 16. */
  readonly alpha?: number;
  /** Default query and value. */
  readonly targetModules?: readonly AttentionProjection[];
  /** One source for all layers, so that each starts from an A of its own. */
  readonly random?: Random;
}

const PROJECTIONS: readonly AttentionProjection[] = ['q', 'k', 'v', 'o'];

/**
 * Wraps the targeted weights, each (outFeatures, inFeatures), in a `LoRALinear` and passes the others through frozen.
 * @throws ArgumentError for a target that is none of q, k, v, o; ShapeError and ArgumentError as `LoRALinear` does.
 */
export function applyLoraToAttention(
  weights: Readonly<Record<AttentionProjection, Tensor>>,
  { rank = 8, alpha = 16, targetModules = ['q', 'v'], random = seededRandom() }: AttentionLoraOptions = {},
): Record<AttentionProjection, LoRALinear | Tensor> {
  for (const target of targetModules) {
    if (PROJECTIONS.includes(target)) continue;
    const expected = `some of ${PROJECTIONS.join(', ')}`;
    throw new ArgumentError('applyLoraToAttention: targetModules', expected, describeValue(target));
  }
  const adapt = (name: AttentionProjection): LoRALinear | Tensor => {
    const weight = weights[name];
    return targetModules.includes(name) ? new LoRALinear({ weight, rank, alpha, random }) : weight;
  };
  return { q: adapt('q'), k: adapt('k'), v: adapt('v'), o: adapt('o') };
}
