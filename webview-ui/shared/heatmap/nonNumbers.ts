/** Finds NaN and infinities among values. No DOM. */

import type { NonNumbers } from './types';

export const NO_NON_NUMBERS: NonNumbers = { nan: false, positiveInfinity: false, negativeInfinity: false };

export function nonNumbersIn(values: Float32Array): NonNumbers {
  let nan = false;
  let positiveInfinity = false;
  let negativeInfinity = false;
  for (const value of values) {
    // One comparison covers the common case: the difference is NaN for NaN and for both infinities.
    if (value - value === 0) continue;
    if (value === Infinity) positiveInfinity = true;
    else if (value === -Infinity) negativeInfinity = true;
    else nan = true;
  }
  return { nan, positiveInfinity, negativeInfinity };
}

export function withNonNumbers(a: NonNumbers, b: NonNumbers): NonNumbers {
  return {
    nan: a.nan || b.nan,
    positiveInfinity: a.positiveInfinity || b.positiveInfinity,
    negativeInfinity: a.negativeInfinity || b.negativeInfinity,
  };
}

export function sameNonNumbers(a: NonNumbers, b: NonNumbers): boolean {
  return a.nan === b.nan && a.positiveInfinity === b.positiveInfinity && a.negativeInfinity === b.negativeInfinity;
}
