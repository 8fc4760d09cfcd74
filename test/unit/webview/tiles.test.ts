import { strict as assert } from 'node:assert';
import type { Tile } from '../../../src/protocol/matrix';
import { TileReducer } from '../../../src/tensor/tiles';
import { nonNumbersIn } from '../../../webview-ui/shared/heatmap/nonNumbers';
import { poolTile } from '../../../webview-ui/shared/heatmap/poolTile';
import { TileCache } from '../../../webview-ui/shared/heatmap/tileCache';

function tileOf(cells: number): Tile {
  return { width: cells, height: 1, values: new Float32Array(cells), sampled: false };
}

describe('the cache of tiles', () => {
  it('stays within its bytes and drops the tile used least recently', () => {
    const cache = new TileCache(1200);
    for (const key of ['a', 'b', 'c']) cache.set(key, tileOf(100));
    assert.equal(cache.size, 1200);
    cache.get('a');
    cache.set('d', tileOf(100));
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => cache.has(key)),
      [true, false, true, true],
    );
    assert.equal(cache.size, 1200);
  });

  it('keeps a tile larger than itself until the next one, so that it can be drawn', () => {
    const cache = new TileCache(100);
    cache.set('large', tileOf(1000));
    assert.ok(cache.has('large'));
    cache.set('small', tileOf(10));
    assert.ok(!cache.has('large'));
    assert.equal(cache.size, 40);
  });

  it('counts a tile that replaces another once', () => {
    const cache = new TileCache(1000);
    cache.set('a', tileOf(100));
    cache.set('a', tileOf(50));
    assert.equal(cache.size, 200);
    cache.clear();
    assert.equal(cache.size, 0);
  });
});

describe('pooling a tile further', () => {
  const values = Float32Array.from({ length: 12 * 8 }, (_, i) => Math.sin(i * 1.7) * (1 + (i % 5)));

  for (const reduction of ['mean', 'maxAbs', 'min', 'max'] as const) {
    it(`gives by ${reduction} what the worker's reduction to the coarser level gives`, () => {
      const reducer = new TileReducer(8, 12, 2, reduction);
      reducer.addRows(0, 8, values);
      const expected = reducer.finish();
      const pooled = poolTile({ width: 12, height: 8, values }, 4, 4, reduction);
      assert.deepEqual([pooled.width, pooled.height], [3, 2]);
      pooled.values.forEach((value, i) => assert.ok(Math.abs(value - (expected[i] ?? NaN)) < 1e-6));
    });

    it(`keeps NaN and infinities visible by ${reduction}`, () => {
      const marked = values.slice();
      marked[5] = NaN;
      marked[11] = Infinity;
      const pooled = poolTile({ width: 12, height: 8, values: marked }, 4, 1, reduction);
      assert.ok(Number.isNaN(pooled.values[1]));
      if (reduction !== 'min') assert.equal(pooled.values[2], Infinity);
      assert.ok(Number.isFinite(pooled.values[0]));
    });
  }

  it('pools in one direction alone, with smaller blocks at the edge', () => {
    const pooled = poolTile(
      { width: 5, height: 2, values: Float32Array.of(1, 3, 5, 7, 9, -1, -3, -5, -7, -9) },
      2,
      1,
      'mean',
    );
    assert.deepEqual([...pooled.values], [2, 6, 9, -2, -6, -9]);
  });
});

describe('the search for NaN and infinities', () => {
  it('distinguishes NaN and both infinities', () => {
    assert.deepEqual(nonNumbersIn(Float32Array.of(1, 2, NaN)), {
      nan: true,
      positiveInfinity: false,
      negativeInfinity: false,
    });
    assert.deepEqual(nonNumbersIn(Float32Array.of(-Infinity)), {
      nan: false,
      positiveInfinity: false,
      negativeInfinity: true,
    });
    assert.deepEqual(nonNumbersIn(Float32Array.of(Infinity, 0)), {
      nan: false,
      positiveInfinity: true,
      negativeInfinity: false,
    });
    const largest = Float32Array.of(3.4e38, -3.4e38, 1e-45, -0);
    assert.deepEqual(nonNumbersIn(largest), { nan: false, positiveInfinity: false, negativeInfinity: false });
  });
});
