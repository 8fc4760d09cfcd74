import { strict as assert } from 'node:assert';
import { effectiveRank, energyCurve, frobeniusNorm, stableRank } from '../../../src/matrices/spectrum';

const near = (got: number, expected: number): void => {
  assert.ok(Math.abs(got - expected) <= 1e-12 * Math.abs(expected), `${got}, expected ${expected}`);
};

describe('measures of singular values', () => {
  it('k equal values have effective and stable rank k', () => {
    for (const k of [1, 2, 7]) {
      near(effectiveRank(new Float64Array(k).fill(0.3)), k);
      near(stableRank(new Float64Array(k).fill(0.3)), k);
    }
  });

  it('zeros among the values have no effect', () => {
    near(effectiveRank([5, 5, 0, 0]), 2);
    near(stableRank([5, 5, 0]), 2);
  });

  it('a zero matrix has effective and stable rank 0, and no energy', () => {
    assert.equal(effectiveRank([0, 0]), 0);
    assert.equal(effectiveRank([]), 0);
    assert.equal(stableRank([0, 0]), 0);
    assert.equal(frobeniusNorm([0, 0]), 0);
    assert.deepEqual([...energyCurve([0, 0])], [0, 0]);
  });

  it('effective rank is exp of the entropy: values 3 and 1 give 4 / 3^(3/4)', () => {
    near(effectiveRank([3, 1]), 4 / 3 ** 0.75);
  });

  it('values 4, 2, 2 have norm √24, stable rank 1.5 and energies 2/3, 5/6, 1', () => {
    near(frobeniusNorm([4, 2, 2]), Math.sqrt(24));
    near(stableRank([4, 2, 2]), 1.5);
    energyCurve([4, 2, 2]).forEach((share, i) => near(share, [2 / 3, 5 / 6, 1][i]!));
  });

  it('only the norm depends on the scale of the matrix', () => {
    for (const size of [1e-300, 1e300]) {
      near(effectiveRank([3 * size, size]), effectiveRank([3, 1]));
      near(stableRank([3 * size, size]), stableRank([3, 1]));
      near(frobeniusNorm([3 * size, 4 * size]), 5 * size);
    }
  });

  it('NaN among the values gives NaN', () => {
    for (const measure of [effectiveRank, stableRank, frobeniusNorm]) assert.ok(Number.isNaN(measure([NaN, NaN])));
    assert.ok(energyCurve([NaN, 1]).every(Number.isNaN));
  });
});
