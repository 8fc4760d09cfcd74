import { strict as assert } from 'node:assert';
import { DeltaMatrix } from '../../../src/matrices/deltaMatrix';
import type { Factors } from '../../../src/matrices/factors';

/** Factors that count how often their values are read. */
function countingFactors(scaling: number): { readonly factors: Factors; reads(): number } {
  let count = 0;
  const values = Float64Array.from({ length: 6 }, (_, i) => i + 1);
  const read = (): Float64Array => {
    count++;
    return values;
  };
  const sizes = { rank: 2, inFeatures: 3, outFeatures: 3, scaling };
  const factors = Object.defineProperties(sizes, { a: { get: read }, b: { get: read } }) as Factors;
  return { factors, reads: () => count };
}

describe('a product in float32', () => {
  for (const [name, scaling] of [
    ['fits float32', 1],
    ['overflows float32', 1e36],
  ] as const) {
    it(`is checked once for factors whose product ${name}, for any number of matrices and tiles`, () => {
      const { factors, reads } = countingFactors(scaling);
      const first = new DeltaMatrix(factors).resident;
      assert.equal(first === null, scaling > 1);
      const once = reads();
      assert.ok(once > 0);
      for (let tile = 0; tile < 3; tile++) {
        const delta = new DeltaMatrix(factors);
        assert.equal(delta.resident, first);
        assert.equal(delta.resident, first);
      }
      assert.equal(reads(), once);
    });
  }
});
