import { strict as assert } from 'node:assert';
import { barHeight, gatherBins } from '../../../webview-ui/shared/histogramBins';

describe('the bars of a histogram', () => {
  const counts = Float64Array.from({ length: 100 }, (_, i) => i);

  it('hold every entry, over the whole range, however few they are', () => {
    for (const atMost of [1, 7, 33, 100, 500]) {
      const bins = gatherBins(counts, -2, 3, atMost);
      assert.ok(bins.length <= atMost);
      assert.equal(
        bins.reduce((sum, { count }) => sum + count, 0),
        4950,
      );
      assert.equal(bins[0]?.from, -2);
      assert.equal(bins.at(-1)?.to, 3);
      bins.slice(1).forEach(({ from }, i) => assert.equal(from, bins[i]?.to));
    }
  });

  it('are absent if no value is finite', () => {
    assert.deepEqual(gatherBins(new Float64Array(10), NaN, NaN, 10), []);
    assert.deepEqual(gatherBins(new Float64Array(0), 0, 1, 10), []);
    assert.deepEqual(gatherBins(new Float64Array(10), Infinity, -Infinity, 10), []);
  });

  it('reach full height at the largest count, on either scale', () => {
    assert.deepEqual([barHeight(0, 50, false), barHeight(25, 50, false), barHeight(50, 50, false)], [0, 0.5, 1]);
    assert.deepEqual([barHeight(0, 50, true), barHeight(50, 50, true)], [0, 1]);
    assert.ok(barHeight(1, 1e6, true) > 0.04, 'a single entry beside a million');
    assert.equal(barHeight(0, 0, true), 0);
  });
});
