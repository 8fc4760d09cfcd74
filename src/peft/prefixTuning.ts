/**
 * Prefix tuning (Li and Liang 2021, "Prefix-Tuning: Optimizing Continuous Prompts for Generation", arXiv:2101.00190):
 * every attention layer of the frozen model gets a few learned keys and values. All tokens attend to them as if they
 * belonged to virtual tokens before the first one.
 *
 *     prefix (numLayers, 2, prefixLength, numHeads, dHead) starts as N(0, 0.01²); index 0 holds keys, 1 holds values
 *
 * The prefix has 2·numLayers·prefixLength·numHeads·dHead trainable parameters. prefixAttention.ts computes attention
 * over it, forward and backward.
 *
 * Left out: the paper's reparametrisation, an MLP that generates the prefix during training (prefixMlp.ts).
 */

import { addScaled } from '../tensor/elementwise';
import { ArgumentError, checkPositiveInteger, describeValue } from '../tensor/errors';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, Tensor } from '../tensor/tensor';

/** Standard deviation of the initial prefix. */
const INITIAL_DEVIATION = 0.01;

export interface PrefixTuningOptions {
  readonly numLayers: number;
  readonly numHeads: number;
  readonly dHead: number;
  /** Default 10. */
  readonly prefixLength?: number;
  /** Source of the initial prefix. By default it has a fixed seed. */
  readonly random?: Random;
}

/** One layer's prefixes, (prefixLength, numHeads, dHead) each, accessible by name or in the order [key, value]. */
export type PrefixPair = readonly [key: Tensor, value: Tensor] & { readonly key: Tensor; readonly value: Tensor };

/** `prefix` may be replaced, and its `data` may be written. Its shape is checked on every use. */
export class PrefixTuning {
  readonly numLayers: number;
  readonly numHeads: number;
  readonly dHead: number;
  readonly prefixLength: number;
  /** (numLayers, 2, prefixLength, numHeads, dHead). */
  prefix: Tensor;
  /**
   * The sum of the gradients that `accumulateGradient` added since `zeroGradient`, in the shape of `prefix`. `null` if
   * it added none.
   */
  gradPrefix: Tensor | null = null;

  /** @throws ArgumentError if a size is not a positive integer. */
  constructor({ numLayers, numHeads, dHead, prefixLength = 10, random = seededRandom() }: PrefixTuningOptions) {
    checkPositiveInteger('PrefixTuning: numLayers', numLayers);
    checkPositiveInteger('PrefixTuning: numHeads', numHeads);
    checkPositiveInteger('PrefixTuning: dHead', dHead);
    checkPositiveInteger('PrefixTuning: prefixLength', prefixLength);
    this.numLayers = numLayers;
    this.numHeads = numHeads;
    this.dHead = dHead;
    this.prefixLength = prefixLength;
    this.prefix = Tensor.randn([numLayers, 2, prefixLength, numHeads, dHead], random, INITIAL_DEVIATION);
  }

  /**
   * The key and value prefix of a layer, as `{ key, value }` or as `[key, value]`. Both share the data of `prefix`, so
   * that writing to one changes `prefix` too.
   * @throws ArgumentError if the layer does not exist; ShapeError if `prefix` was replaced by a tensor of another
   * shape.
   */
  getPrefix(layer: number): PrefixPair {
    this.checkLayer('PrefixTuning.getPrefix', layer);
    const [key, value] = this.layerViews(this.prefix, layer);
    return Object.assign([key, value] as const, { key, value });
  }

  /**
   * Adds a layer's gradients, (prefixLength, numHeads, dHead) each, as returned by the backward pass of
   * `prefixAttention`, to `gradPrefix`. Layers without an added gradient have gradient zero.
   * @throws ArgumentError, ShapeError
   */
  accumulateGradient(layer: number, gradPrefixKey: Tensor, gradPrefixValue: Tensor): void {
    const where = 'PrefixTuning.accumulateGradient';
    this.checkLayer(where, layer);
    const shape = [this.prefixLength, this.numHeads, this.dHead];
    checkShape(`${where}: gradPrefixKey`, gradPrefixKey, shape);
    checkShape(`${where}: gradPrefixValue`, gradPrefixValue, shape);
    this.gradPrefix ??= Tensor.zeros(this.prefix.shape);
    const [key, value] = this.layerViews(this.gradPrefix, layer);
    addScaled(key, gradPrefixKey);
    addScaled(value, gradPrefixValue);
  }

  /** Clears the gradient before the next backward pass through the layers. */
  zeroGradient(): void {
    this.gradPrefix = null;
  }

  /** 2·numLayers·prefixLength·numHeads·dHead. */
  numParameters(): number {
    return this.prefix.size;
  }

  private layerViews(tensor: Tensor, layer: number): [Tensor, Tensor] {
    const shape = [this.prefixLength, this.numHeads, this.dHead];
    const size = this.prefixLength * this.numHeads * this.dHead;
    const start = layer * 2 * size;
    return [
      new Tensor(tensor.data.subarray(start, start + size), shape),
      new Tensor(tensor.data.subarray(start + size, start + 2 * size), shape),
    ];
  }

  private checkLayer(where: string, layer: number): void {
    const shape = [this.numLayers, 2, this.prefixLength, this.numHeads, this.dHead];
    checkShape(`${where}: prefix`, this.prefix, shape);
    if (Number.isInteger(layer) && layer >= 0 && layer < this.numLayers) return;
    throw new ArgumentError(`${where}: layer`, `an integer from 0 to ${this.numLayers - 1}`, describeValue(layer));
  }
}
