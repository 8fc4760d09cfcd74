/**
 * The number of parameters that each method trains in a decoder of constant width, by the simplest correct formulas:
 *
 *     full      numLayers · 4 · dModel²                             query, key, value and output projection
 *     lora      numLayers · 2 · rank · (dModel + dModel)            on query and value
 *     adapters  numLayers · 2 · 2 · dModel · bottleneck             one after attention, one after the MLP
 *     prefix    numLayers · 2 · prefixLength · numHeads · dHead     keys and values; dHead = ⌊dModel / numHeads⌋
 *     prompt    promptLength · dModel
 *
 * `full`, the denominator of every ratio, counts square attention projections without biases and nothing else.
 *
 * Left out: the module shapes of real architectures. src/budget counts those exactly.
 */

import { ArgumentError, checkPositiveInteger } from '../tensor/errors';

export interface CompareOptions {
  /** Default 4096. */
  readonly dModel?: number;
  /** Default 32. */
  readonly numLayers?: number;
  /** Default 32. */
  readonly numHeads?: number;
  /** Default 8. */
  readonly loraRank?: number;
  /** Default 64. */
  readonly adapterBottleneck?: number;
  /** Default 10. */
  readonly prefixLength?: number;
  /** Default 20. */
  readonly promptLength?: number;
}

export type ComparedMethod = 'full' | 'lora' | 'adapters' | 'prefix' | 'prompt';

export interface MethodCount {
  readonly params: number;
  /** params divided by the params of `full`. */
  readonly ratio: number;
}

/** @throws ArgumentError if a size is not a positive integer, or if a count exceeds 2⁵³ - 1. */
export function comparePeftMethods({
  dModel = 4096,
  numLayers = 32,
  numHeads = 32,
  loraRank = 8,
  adapterBottleneck = 64,
  prefixLength = 10,
  promptLength = 20,
}: CompareOptions = {}): Record<ComparedMethod, MethodCount> {
  const sizes = { dModel, numLayers, numHeads, loraRank, adapterBottleneck, prefixLength, promptLength };
  for (const [name, size] of Object.entries(sizes)) checkPositiveInteger(`comparePeftMethods: ${name}`, size);

  const dHead = Math.floor(dModel / numHeads);
  const full = numLayers * 4 * dModel * dModel;
  const count = (name: ComparedMethod, params: number): MethodCount => {
    if (Number.isSafeInteger(params)) return { params, ratio: params / full };
    const where = `comparePeftMethods: params of ${name}`;
    throw new ArgumentError(where, `at most ${Number.MAX_SAFE_INTEGER}`, String(params));
  };
  return {
    full: count('full', full),
    lora: count('lora', numLayers * 2 * loraRank * (dModel + dModel)),
    adapters: count('adapters', numLayers * 2 * 2 * dModel * adapterBottleneck),
    prefix: count('prefix', numLayers * 2 * prefixLength * numHeads * dHead),
    prompt: count('prompt', promptLength * dModel),
  };
}
