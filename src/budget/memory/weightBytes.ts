/** Bytes of the base model's weights, by how they are stored. */

import type { Module, ModuleTable } from '../moduleTable';
import { ownParameters } from '../moduleTable';
import type { Quantization } from './setup';

export interface WeightBytes {
  readonly total: number;
  readonly quantized: number;
  readonly quantizedParameters: number;
  readonly plain: number;
  readonly plainParameters: number;
  /** Values of the largest quantised layer, which is unpacked at once. */
  readonly largestQuantized: number;
}

/**
 * bitsandbytes keeps one float32 scale for 64 values. Double quantisation reduces it to a byte, with one float32 for
 * 256 of these bytes.
 */
const NF4_BLOCK = 64;
const SCALE_BLOCK = 256;

/** Bytes of a quantised weight of `values` in `rows` rows. */
export function quantizedBytes(quantization: Quantization, values: number, rows: number): number {
  const blocks = Math.ceil(values / NF4_BLOCK);
  switch (quantization) {
    case 'nf4':
      return Math.ceil(values / 2) + 4 * blocks;
    case 'nf4-double':
      return Math.ceil(values / 2) + blocks + 4 * Math.ceil(blocks / SCALE_BLOCK);
    case 'int8':
      return values + 4 * rows;
    case 'none':
      throw new RangeError('a weight that is not quantised has no quantised size');
  }
}

/** Linears are quantised. The output layer, embeddings, norms, biases and fused experts are not. */
export function isQuantized(table: ModuleTable, quantization: Quantization): (module: Module) => boolean {
  if (quantization === 'none') return () => false;
  const heads = new Set([table.outputEmbedding, ...table.taskHeads.flatMap((head) => [head])]);
  return ({ kind, name }) =>
    (kind === 'linear' || kind === 'conv1d') &&
    !heads.has(name) &&
    !table.taskHeads.some((head) => name.endsWith(head));
}

export function weightBytes(table: ModuleTable, quantization: Quantization, item: number): WeightBytes {
  const quantize = isQuantized(table, quantization);
  let [quantized, quantizedParameters, plainParameters, largestQuantized] = [0, 0, 0, 0];
  for (const module of table.modules) {
    const values = module.inFeatures * module.outFeatures;
    if (!quantize(module)) {
      plainParameters += ownParameters(module);
      continue;
    }
    quantized += quantizedBytes(quantization, values, module.outFeatures);
    quantizedParameters += values;
    plainParameters += module.parameters - values;
    largestQuantized = Math.max(largestQuantized, values);
  }
  const plain = item * plainParameters;
  return { total: plain + quantized, quantized, quantizedParameters, plain, plainParameters, largestQuantized };
}
