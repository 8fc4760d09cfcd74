import { strict as assert } from 'node:assert';
import { HistogramAccumulator, StatisticsAccumulator } from '../../../src/tensor/statistics';
import { readFixture } from '../checkpoint/fixtures';

interface Golden {
  readonly statistics: Readonly<Record<string, number>> & {
    readonly base64: string;
    readonly histogram: readonly number[];
    readonly absQuantiles: readonly number[];
  };
}

const SHARES = [0.5, 0.9, 0.95, 0.99, 0.999];

function accumulate(values: ArrayLike<number>): StatisticsAccumulator {
  const accumulator = new StatisticsAccumulator();
  accumulator.add(values);
  return accumulator;
}

describe('statistics', () => {
  const golden = readFixture<Golden>('checkpoint', 'numbers.json').statistics;
  const bytes = Uint8Array.from(Buffer.from(golden.base64, 'base64'));
  const values = new Float32Array(bytes.buffer);

  it('agree with numpy for one chunk and for many', () => {
    for (const size of [values.length, 1, 7, 997]) {
      const accumulator = new StatisticsAccumulator();
      const histogram = new HistogramAccumulator(golden['min']!, golden['max']!, 256);
      for (let start = 0; start < values.length; start += size) {
        accumulator.add(values.subarray(start, start + size));
        histogram.add(values.subarray(start, start + size));
      }
      for (const [name, value] of Object.entries(accumulator.summary())) {
        assert.ok(
          Math.abs(value - golden[name]!) <= 1e-12 * Math.abs(golden[name]!),
          `${name}: ${value}, numpy has ${golden[name]}`,
        );
      }
      assert.deepEqual([...histogram.counts], golden.histogram);
      accumulator.absQuantiles(SHARES).forEach((value, i) => {
        const expected = golden.absQuantiles[i]!;
        assert.ok(
          value <= expected && value >= expected * (1 - 2 ** -12),
          `${SHARES[i]}: ${value}, numpy has ${expected}`,
        );
      });
    }
  });

  it('keep the spread if the mean is large compared with it', () => {
    const { mean, standardDeviation } = accumulate(
      Float64Array.from({ length: 10_000 }, (_, i) => 1e9 + (i % 2)),
    ).summary();
    assert.equal(mean, 1e9 + 0.5);
    assert.ok(Math.abs(standardDeviation - 0.5) < 1e-9);
  });

  it('have exact quantiles for values with few bits, in any order', () => {
    const accumulator = accumulate(Float32Array.from([-8, 1, 2, -3, 4, 5, -6, 7, 9, 10]));
    assert.deepEqual([...accumulator.absQuantiles([0, 1, 0.5, 0.05, 0.91])], [1, 10, 5, 1, 10]);
  });

  it('are NaN without finite entries, and count the others', () => {
    const accumulator = accumulate(Float32Array.of(NaN, Infinity, -Infinity, NaN));
    const { min, mean, norm, count, nan, positiveInfinity, negativeInfinity } = accumulator.summary();
    assert.deepEqual([min, mean, norm], [NaN, NaN, NaN]);
    assert.deepEqual([count, nan, positiveInfinity, negativeInfinity], [4, 2, 1, 1]);
    assert.deepEqual(
      [...accumulator.absQuantiles(SHARES)],
      SHARES.map(() => NaN),
    );
    assert.deepEqual([...new HistogramAccumulator(NaN, NaN, 4).counts], [0, 0, 0, 0]);
  });

  it('put every finite value into a bin, even at the limits of float64', () => {
    const cases = [
      [0, 0, 0],
      [-1e308, 0, 1e308],
      [0, 5e-324],
      [2, 2, NaN, Infinity],
    ];
    for (const entries of cases) {
      const finite = entries.filter(Number.isFinite);
      const histogram = new HistogramAccumulator(Math.min(...finite), Math.max(...finite), 256);
      histogram.add(entries);
      assert.equal(
        histogram.counts.reduce((sum, count) => sum + count, 0),
        finite.length,
      );
      assert.equal(
        accumulate(entries).absQuantiles([1])[0],
        Math.max(...finite.map(Math.abs)) < 1e-300 ? 0 : Math.max(...finite.map(Math.abs)),
      );
    }
  });
});
