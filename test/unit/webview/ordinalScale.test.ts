import { strict as assert } from 'node:assert';
import { ordinalScale, ordinalTicks } from '../../../webview-ui/inspector/parts/charts/ordinalScale';

describe('the axis of numbered bars', () => {
  it('has the centre of bar k, its tick and an effective rank of k at the same place', () => {
    const x = ordinalScale(4, 0, 400);
    assert.deepEqual([1, 2, 3, 4].map(x), [50, 150, 250, 350]);
    assert.equal(x(2.5), 200);
  });

  it('labels every bar if there are few, and else the first and round numbers', () => {
    assert.deepEqual(ordinalTicks(8, 8), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(ordinalTicks(64, 8), [1, 10, 20, 30, 40, 50, 60]);
    assert.deepEqual(ordinalTicks(0, 8), []);
    for (const count of [9, 100, 333]) {
      const ticks = ordinalTicks(count, 8);
      assert.ok(ticks.length <= 9 && ticks.every((tick) => Number.isInteger(tick) && tick >= 1 && tick <= count));
    }
  });
});
