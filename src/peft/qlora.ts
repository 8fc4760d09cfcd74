/**
 * QLoRA (Dettmers et al. 2023, "QLoRA: Efficient Finetuning of Quantized LLMs", arXiv:2305.14314): the frozen weight of
 * a LoRA layer is stored in 4 bits (NF4, ../tensor/nf4.ts) and expanded whenever it is used.
 *
 *     h = x·dequantize(codes, absmax)ᵀ + bias + scaling·(x·Aᵀ)·Bᵀ
 *
 * Blocks of `blockSize` weights in row-major order share one float32 scale, absmax. Double quantisation stores these
 * scales in 8 bits too. Nothing learns the codes: gradients pass through the expanded weight to x, and train A and B.
 *
 * Left out: two codes per byte in memory (the counts assume it), and paged optimisers.
 */

import { dequantizeScales, quantizeScales } from '../tensor/doubleQuantization';
import { describeValue, ShapeError } from '../tensor/errors';
import { dequantizeNf4, NF4_BLOCK_SIZE, quantizeNf4 } from '../tensor/nf4';
import type { Nf4Quantized } from '../tensor/nf4';
import { addRow } from '../tensor/elementwise';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, formatShape, Tensor } from '../tensor/tensor';
import { LoRALayer } from './lora';

const BYTES_PER_CODE = 0.5;
const FLOAT_BYTES = 4;
/** Scales per block of double quantisation, as in the paper. */
const SCALES_PER_BLOCK = 256;

export interface QLoRALinearOptions {
  /** (outFeatures, inFeatures). It is quantised, and not kept. */
  readonly weight: Tensor;
  /** (outFeatures), not quantised. Absent by default. */
  readonly bias?: Tensor | null | undefined;
  /** Default 8. */
  readonly rank?: number;
  /** Default 16. */
  readonly alpha?: number;
  /** Weights per scale. Default 64. */
  readonly blockSize?: number;
  /** Default false. */
  readonly doubleQuantization?: boolean;
  readonly random?: Random;
}

export class QLoRALinear {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: Tensor | null;
  readonly lora: LoRALayer;
  /** The codes of the weights, row-major, and a scale per block. Double quantisation has rounded the scales. */
  readonly quantized: Nf4Quantized;
  readonly doubleQuantization: boolean;
  /** ‖W - dequantized‖ / ‖W‖ in the Frobenius norm; 0 for a weight of zeros. */
  readonly baseError: number;

  /** @throws ShapeError if the weight is not 2-D or the bias does not fit it; ArgumentError as `LoRALayer`. */
  constructor(options: QLoRALinearOptions) {
    const { weight, bias = null, rank = 8, alpha = 16, random = seededRandom() } = options;
    const { blockSize = NF4_BLOCK_SIZE, doubleQuantization = false } = options;
    const expected = 'shape (outFeatures, inFeatures)';
    if (!(weight instanceof Tensor)) throw new ShapeError('QLoRALinear: weight', expected, describeValue(weight));
    const [outFeatures, inFeatures] = weight.shape;
    if (weight.rank !== 2 || outFeatures === undefined || inFeatures === undefined) {
      throw new ShapeError('QLoRALinear: weight', expected, formatShape(weight.shape));
    }
    if (bias !== null) checkShape('QLoRALinear: bias', bias, [outFeatures]);
    const nf4 = quantizeNf4(weight.data, blockSize);
    const absmax = doubleQuantization ? dequantizeScales(quantizeScales(nf4.absmax)) : nf4.absmax;
    this.quantized = { ...nf4, absmax };
    this.doubleQuantization = doubleQuantization;
    this.bias = bias;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.baseError = relativeError(weight, this.dequantized());
    this.lora = new LoRALayer({ inFeatures, outFeatures, rank, alpha, random });
  }

  /** The weight that the layer computes with, (outFeatures, inFeatures). */
  dequantized(): Tensor {
    return new Tensor(dequantizeNf4(this.quantized), [this.outFeatures, this.inFeatures]);
  }

  /** @param x (tokens, inFeatures) or (batch, tokens, inFeatures). @throws ShapeError */
  forward(x: Tensor): Tensor {
    const output = this.lora.forward(x, this.dequantized());
    return this.bias ? addRow(output, this.bias) : output;
  }

  /**
   * Computes the gradients of `lora`. @returns the gradient with respect to the input. @throws StateError, ShapeError
   */
  backward(gradOutput: Tensor): Tensor {
    return this.lora.backward(gradOutput);
  }

  /** Bytes of the frozen base per weight: half a byte for the code, and the block's share of its scale. */
  bytesPerWeight(): number {
    const { codes, absmax } = this.quantized;
    const blocks = absmax.length;
    // Double quantisation keeps a byte per scale, a float32 per block of scales, and the mean of all scales.
    const scales = this.doubleQuantization
      ? blocks + FLOAT_BYTES * (Math.ceil(blocks / SCALES_PER_BLOCK) + 1)
      : FLOAT_BYTES * blocks;
    return BYTES_PER_CODE + scales / codes.length;
  }

  /** The number of trainable parameters. */
  numParameters(): number {
    return this.lora.numParameters();
  }
}

function relativeError(exact: Tensor, approximate: Tensor): number {
  let difference = 0;
  let total = 0;
  for (let i = 0; i < exact.size; i++) {
    difference += (exact.data[i]! - approximate.data[i]!) ** 2;
    total += exact.data[i]! ** 2;
  }
  return total === 0 ? 0 : Math.sqrt(difference / total);
}
