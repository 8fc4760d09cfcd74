/** The states that an optimiser keeps, and the temporary memory of its step. */

import type { OptimizerName } from './setup';
import { groupedDigits } from './terms';

export interface OptimizerBytes {
  readonly states: number;
  readonly statesFormula: string;
  readonly step: number;
  readonly stepFormula: string;
  readonly note?: string;
}

/** Each of bitsandbytes' two states has a float32 scale per block of 256 values. */
const STATE_BLOCK = 256;

/** `parameters` are trained and take `bytes`. `factors` is the sum of rows and columns of the trained matrices. */
export function optimizerBytes(
  name: OptimizerName,
  parameters: number,
  bytes: number,
  factors: number,
): OptimizerBytes {
  const [trained, size] = [groupedDigits(parameters), groupedDigits(bytes)];
  switch (name) {
    case 'adamw':
    case 'paged-adamw':
      return {
        states: 2 * bytes,
        statesFormula: `2 moments of the ${trained} trained parameters, in their type: 2 x ${size} bytes`,
        // torch's foreach step computes the denominators of all parameters at once.
        step: name === 'adamw' ? bytes : 0,
        stepFormula: `one denominator for each parameter during the step: ${size} bytes`,
        ...(name === 'paged-adamw' && { note: 'Paged: the states move to the CPU when the GPU is full.' }),
      };
    case 'adamw-8bit':
    case 'paged-adamw-8bit':
      return {
        states: 2 * parameters + 2 * 4 * Math.ceil(parameters / STATE_BLOCK),
        statesFormula: `2 moments of ${trained} bytes, and a float32 scale for each block of ${STATE_BLOCK}`,
        step: 0,
        stepFormula: 'the step works in place',
        // This is bitsandbytes' min_8bit_size. For an adapter's vectors it is a few kilobytes.
        note:
          (name === 'paged-adamw-8bit' ? 'Paged: the states move to the CPU when the GPU is full. ' : '') +
          'Tensors under 4,096 values keep 32-bit moments, but are counted with 8-bit ones.',
      };
    case 'sgd':
      return { states: 0, statesFormula: 'SGD keeps no state', step: 0, stepFormula: 'the step works in place' };
    case 'sgd-momentum':
      return {
        states: bytes,
        statesFormula: `1 momentum in the parameters' type: ${size} bytes`,
        step: 0,
        stepFormula: 'the step works in place',
      };
    case 'adafactor':
      return {
        states: 4 * factors,
        statesFormula: `4 bytes for each trained row and column: 4 x ${groupedDigits(factors)}`,
        step: 0,
        stepFormula: 'one parameter at a time',
      };
  }
}
