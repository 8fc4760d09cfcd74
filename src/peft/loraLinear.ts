/**
 * A pretrained linear layer with a LoRA layer (lora.ts) added to it. Weight and bias are frozen:
 *
 *     y = x·Wᵀ + bias + scaling·(x·Aᵀ)·Bᵀ
 *
 * `applyLoraToAttention` wraps the projections of an attention block. By default it adapts query and value, which Hu et
 * al. 2021 (section 7.1) found best for a small parameter budget.
 */

import { addRow } from '../tensor/elementwise';
import { ArgumentError, describeValue, ShapeError } from '../tensor/errors';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, formatShape, Tensor } from '../tensor/tensor';
import { LoRALayer } from './lora';
import type { LoRAInit } from './loraInit';

export interface LoRALinearOptions {
  /** (outFeatures, inFeatures). The layer keeps this tensor and does not copy it, unless `init` takes a part of it. */
  readonly weight: Tensor;
  /** (outFeatures). Absent by default. */
  readonly bias?: Tensor | null | undefined;
  /** Default 8. */
  readonly rank?: number;
  /** Default 16. */
  readonly alpha?: number;
  /** Dropout on the LoRA path. Default 0. */
  readonly dropout?: number;
  /** Scales by alpha / √rank. Default false. */
  readonly useRslora?: boolean;
  /** Default 'normal'. The others take A and B from the weight, and freeze the rest of it (loraInit.ts). */
  readonly init?: LoRAInit;
  readonly random?: Random;
}

export class LoRALinear {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly lora: LoRALayer;

  /** @throws ShapeError if the weight is not 2-D or the bias does not fit it; ArgumentError as `LoRALayer`. */
  constructor({ weight, bias = null, ...options }: LoRALinearOptions) {
    const expected = 'shape (outFeatures, inFeatures)';
    if (!(weight instanceof Tensor)) throw new ShapeError('LoRALinear: weight', expected, describeValue(weight));
    const [outFeatures, inFeatures] = weight.shape;
    if (weight.rank !== 2 || outFeatures === undefined || inFeatures === undefined) {
      throw new ShapeError('LoRALinear: weight', expected, formatShape(weight.shape));
    }
    if (bias !== null) checkShape('LoRALinear: bias', bias, [outFeatures]);
    this.lora = new LoRALayer({ ...options, inFeatures, outFeatures, weight });
    this.weight = this.lora.residualWeight ?? weight;
    this.bias = bias;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
  }

  /** @param x (tokens, inFeatures) or (batch, tokens, inFeatures). @throws ShapeError */
  forward(x: Tensor): Tensor {
    const output = this.lora.forward(x, this.weight);
    return this.bias ? addRow(output, this.bias) : output;
  }

  /**
   * Computes the gradients of `lora`. @returns the gradient with respect to the input. @throws StateError, ShapeError
   */
  backward(gradOutput: Tensor): Tensor {
    return this.lora.backward(gradOutput); // the bias is an addend, so the gradient is unaffected
  }

  /** The equivalent plain linear layer: a new weight, and the frozen bias or `null`. */
  merge(): { weight: Tensor; bias: Tensor | null } {
    return { weight: this.lora.mergeWeights(this.weight), bias: this.bias };
  }

  /** The number of trainable parameters. */
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
  /** Default: query and value. */
  readonly targetModules?: readonly AttentionProjection[];
  /** A single source for all layers, so that their initial A matrices differ. */
  readonly random?: Random;
}

const PROJECTIONS: readonly AttentionProjection[] = ['q', 'k', 'v', 'o'];

/**
 * Wraps each targeted weight, (outFeatures, inFeatures), in a `LoRALinear` and returns the other weights unchanged.
 * @throws ArgumentError if a target is not q, k, v or o; ShapeError and ArgumentError as `LoRALinear`.
 */
export function applyLoraToAttention(
  weights: Readonly<Record<AttentionProjection, Tensor>>,
  { rank = 8, alpha = 16, targetModules = ['q', 'v'], random = seededRandom() }: AttentionLoraOptions = {},
): Record<AttentionProjection, LoRALinear | Tensor> {
  for (const target of targetModules) {
    if (PROJECTIONS.includes(target)) continue;
    const expected = `one of ${PROJECTIONS.join(', ')}`;
    throw new ArgumentError('applyLoraToAttention: targetModules', expected, describeValue(target));
  }
  const adapt = (name: AttentionProjection): LoRALinear | Tensor => {
    const weight = weights[name];
    return targetModules.includes(name) ? new LoRALinear({ weight, rank, alpha, random }) : weight;
  };
  return { q: adapt('q'), k: adapt('k'), v: adapt('v'), o: adapt('o') };
}
