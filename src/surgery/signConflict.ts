/** Counts the entries where two changes have opposite signs. The changes are multiplied out row by row. */

import type { Term } from './stackedTerms';

/** Multiplications for one module, about a tenth of a second. */
const MAX_PRODUCTS = 2 ** 27;

/** A share from 0 to 1, or `null` if it takes more than `MAX_PRODUCTS`. */
export function signConflict(
  [outFeatures, inFeatures]: readonly [number, number],
  first: Term,
  second: Term,
): number | null {
  if (outFeatures * inFeatures * (first.rank + second.rank) > MAX_PRODUCTS) return null;
  const [x, y] = [new Float64Array(inFeatures), new Float64Array(inFeatures)];
  let conflicts = 0;
  for (let row = 0; row < outFeatures; row++) {
    deltaRow(first, row, x);
    deltaRow(second, row, y);
    for (let j = 0; j < inFeatures; j++) if (Math.sign(x[j]!) * Math.sign(y[j]!) < 0) conflicts++;
  }
  return conflicts / (outFeatures * inFeatures);
}

/** Row `row` of coefficient·B·A into `out` (inFeatures). */
export function deltaRow({ rank, a, b, coefficient }: Term, row: number, out: Float64Array): void {
  out.fill(0);
  for (let k = 0; k < rank; k++) {
    const factor = coefficient * b[row * rank + k]!;
    if (factor === 0) continue;
    const first = k * out.length;
    for (let j = 0; j < out.length; j++) out[j]! += factor * a[first + j]!;
  }
}
