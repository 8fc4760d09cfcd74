/**
 * The base with its linear layers rounded to few bits, block by block, as a quantised checkpoint would give them back.
 * Embedding and norms stay as they are. Each block of 64 values is divided by its largest magnitude.
 *
 *     nf4     the 16 levels of QLoRA
 *     int3    7 equal steps from -1 to 1
 *     2-bit   4 levels at the quantiles 1/8, 3/8, 5/8 and 7/8 of a normal distribution, divided by the largest
 */

import type { NamedTensors } from '../model/buildModel';
import { dequantizeNf4, NF4_BLOCK_SIZE, quantizeNf4 } from '../tensor/nf4';
import { Tensor } from '../tensor/tensor';

export const BASE_PRECISIONS = ['float32', 'nf4', 'int3', '2-bit'] as const;

export type BasePrecision = (typeof BASE_PRECISIONS)[number];

const INT3_LEVELS = [-1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1];
/** The quantile 5/8 of the normal distribution over the quantile 7/8. */
const INNER_LEVEL = 0.318639364 / 1.15034938;
const TWO_BIT_LEVELS = [-1, -INNER_LEVEL, INNER_LEVEL, 1];

const ROUNDED: Readonly<Record<BasePrecision, (values: Float32Array) => Float32Array>> = {
  float32: (values) => values,
  nf4: (values) => dequantizeNf4(quantizeNf4(values)),
  int3: (values) => roundedTo(INT3_LEVELS, values),
  '2-bit': (values) => roundedTo(TWO_BIT_LEVELS, values),
};

export function quantisedBase(tensors: NamedTensors, precision: BasePrecision): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const isLinear = name.endsWith('_proj.weight');
      return [name, isLinear ? new Tensor(ROUNDED[precision](tensor.data), tensor.shape) : tensor];
    }),
  );
}

function roundedTo(levels: readonly number[], values: Float32Array): Float32Array {
  const rounded = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += NF4_BLOCK_SIZE) {
    const block = values.subarray(start, start + NF4_BLOCK_SIZE);
    const largest = block.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    block.forEach((value, i) => {
      const nearest = levels.reduce((best, level) =>
        Math.abs(value - level * largest) < Math.abs(value - best * largest) ? level : best,
      );
      rounded[start + i] = nearest * largest;
    });
  }
  return rounded;
}
