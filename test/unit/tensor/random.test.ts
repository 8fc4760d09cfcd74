import { strict as assert } from 'node:assert';
import { ArgumentError } from '../../../src/tensor/errors';
import { normalRandom, seededRandom } from '../../../src/tensor/random';

const draw = (random: () => number, count: number): number[] => Array.from({ length: count }, random);

describe('seeded random numbers', () => {
  it('repeat for the same seed and differ for any other', () => {
    assert.deepEqual(draw(seededRandom(42), 50), draw(seededRandom(42), 50));
    const first = [0, 1, 2, 42, -1, 0.5, 2 ** 40, 1e300].map((seed) => seededRandom(seed)());
    assert.equal(new Set(first).size, first.length);
  });

  it('fill [0, 1) evenly', () => {
    const bins = new Array<number>(10).fill(0);
    for (const value of draw(seededRandom(5), 100_000)) {
      assert.ok(value >= 0 && value < 1);
      bins[Math.floor(value * 10)]!++;
    }
    for (const count of bins) assert.ok(Math.abs(count - 10_000) < 500, `${bins}`); // 5 standard deviations
  });

  it('refuse a seed that is not a finite number', () => {
    for (const seed of [NaN, Infinity]) assert.throws(() => seededRandom(seed), ArgumentError);
  });

  it('give normal numbers with the moments of the normal distribution', () => {
    const values = draw(normalRandom(seededRandom(9)), 100_000);
    const moment = (power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    assert.ok(Math.abs(moment(1)) < 0.02);
    assert.ok(Math.abs(moment(2) - 1) < 0.03);
    assert.ok(Math.abs(moment(3)) < 0.06);
    assert.ok(Math.abs(moment(4) - 3) < 0.2);
  });

  it('give finite normal numbers even from a source stuck at its smallest value', () => {
    for (const value of draw(
      normalRandom(() => 0),
      4,
    ))
      assert.equal(Math.abs(value), 0);
  });
});
