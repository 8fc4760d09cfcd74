import { strict as assert } from 'node:assert';
import { TILE_SIZE } from '../../../src/protocol/matrix';
import {
  levelFor,
  MAX_TILES_IN_VIEW,
  overviewAhead,
  overviewLevel,
  planTiles,
  tileSpan,
  tilesInView,
  tilesToDraw,
} from '../../../webview-ui/shared/heatmap/tilePlan';
import type { TileAddress } from '../../../webview-ui/shared/heatmap/tilePlan';
import { TILE_CACHE_BYTES, TileCache } from '../../../webview-ui/shared/heatmap/tileCache';
import { fitViewport } from '../../../webview-ui/shared/heatmap/viewport';

const nameOf = ({ level, tileX, tileY }: TileAddress): string => `${level}/${tileX}/${tileY}`;

describe('the plan of tiles for a view', () => {
  it('reads the stored values at 1:1 and closer', () => {
    assert.equal(levelFor(1, 1), 0);
    assert.equal(levelFor(0.01, 0.3), 0);
  });

  it('takes the level at which a cell is about one pixel', () => {
    assert.equal(levelFor(4, 4), 2);
    assert.equal(levelFor(5, 5), 2);
    assert.equal(levelFor(6, 6), 3);
    for (const perPixel of [1.5, 3, 7, 40, 1000]) {
      const cell = 2 ** levelFor(perPixel, perPixel) / perPixel;
      assert.ok(cell > 0.7 && cell < 1.42, `a cell of ${cell} px at ${perPixel} entries a pixel`);
    }
  });

  it('never pools away the rows of a matrix that is long in one direction', () => {
    const plan = planTiles(fitViewport({ rows: 8, columns: 4096 }), { rows: 8, columns: 4096 }, 512, 400);
    assert.equal(plan.level, 0);
    assert.equal(plan.poolY, 1);
    assert.equal(plan.poolX, 8);
  });

  it('covers the view without a gap and without a tile outside it', () => {
    const size = { rows: 5000, columns: 11008 };
    for (const viewport of [
      { x0: 0, x1: 11008, y0: 0, y1: 5000 },
      { x0: 255.5, x1: 256.5, y0: 511.9, y1: 512 },
      { x0: 10000, x1: 11008, y0: 4990, y1: 5000 },
    ]) {
      for (const level of [0, 1, 3]) {
        const span = tileSpan(level);
        const covered = new Set(tilesInView(viewport, size, level).map(nameOf));
        for (let ty = 0; ty * span < size.rows; ty++) {
          for (let tx = 0; tx * span < size.columns; tx++) {
            const across = tx * span < viewport.x1 && (tx + 1) * span > viewport.x0;
            const down = ty * span < viewport.y1 && (ty + 1) * span > viewport.y0;
            assert.equal(covered.has(`${level}/${tx}/${ty}`), across && down, `${level}/${tx}/${ty}`);
          }
        }
      }
    }
  });

  it('starts with the tile nearest to the centre', () => {
    const tiles = tilesInView({ x0: 0, x1: 5 * TILE_SIZE, y0: 0, y1: 3 * TILE_SIZE }, { rows: 5000, columns: 5000 }, 0);
    assert.deepEqual(tiles[0], { level: 0, tileX: 2, tileY: 1 });
    const last = tiles.at(-1) as TileAddress;
    assert.ok((last.tileX === 0 || last.tileX === 4) && (last.tileY === 0 || last.tileY === 2));
  });

  it('requests one overview tile of the whole matrix if many fine ones are needed', () => {
    const size = { rows: 4096, columns: 11008 };
    const plan = planTiles({ x0: 0, x1: 1400, y0: 0, y1: 900 }, size, 1400, 900);
    assert.deepEqual(plan.overview, { level: overviewLevel(size), tileX: 0, tileY: 0, quick: true });
    assert.ok(tileSpan(overviewLevel(size)) >= 11008 && tileSpan(overviewLevel(size) - 1) < 11008);
    assert.equal(
      planTiles(fitViewport({ rows: 256, columns: 256 }), { rows: 256, columns: 256 }, 400, 400).overview,
      null,
    );
  });

  it('requests the overview of a large matrix before the size of the plot is known, and none of a small one', () => {
    for (const size of [
      { rows: 4096, columns: 11008 },
      { rows: 151_936, columns: 8192 },
      { rows: 1_000_000, columns: 3000 },
    ]) {
      const { overview } = planTiles(fitViewport(size), size, 800, 600);
      assert.ok(overview);
      assert.deepEqual(overviewAhead(size), overview);
    }
    assert.equal(overviewAhead({ rows: 900, columns: 1024 }), null);
    assert.equal(overviewAhead({ rows: 1, columns: 1 }), null);
  });

  it('bounds the tiles of a view, however stretched the matrix', () => {
    const size = { rows: 1_000_000, columns: 3000 };
    const plan = planTiles(fitViewport(size), size, 3000, 1000);
    assert.ok(plan.tiles.length <= MAX_TILES_IN_VIEW, `${plan.tiles.length} tiles`);
  });

  it('requests no more than its cache holds, overview included, and reads nothing twice', () => {
    for (const size of [
      { rows: 512, columns: 65_536 },
      { rows: 65_536, columns: 512 },
      { rows: 700, columns: 151_936 },
    ]) {
      const plan = planTiles(fitViewport(size), size, 1200, 900);
      const wanted = plan.overview ? [plan.overview, ...plan.tiles] : plan.tiles;
      const cache = new TileCache(TILE_CACHE_BYTES);
      let reads = 0;
      for (const { level, tileX, tileY } of wanted) {
        const cells = (entries: number, at: number): number =>
          Math.min(TILE_SIZE, Math.ceil(entries / 2 ** level) - at * TILE_SIZE);
        const [width, height] = [cells(size.columns, tileX), cells(size.rows, tileY)];
        // Has the right length without the memory.
        const values = { byteLength: 4 * width * height } as Float32Array<ArrayBuffer>;
        cache.set(nameOf({ level, tileX, tileY }), { width, height, values, sampled: false });
        reads++;
      }
      const kept = wanted.filter((tile) => cache.has(nameOf(tile)));
      assert.equal(kept.length, reads, `${size.rows} x ${size.columns}: ${reads} tiles, ${kept.length} kept`);
    }
  });

  it('holds the stored values at 1:1 on the largest screens', () => {
    const size = { rows: 100_000, columns: 100_000 };
    for (const [width, height] of [
      [3840, 2160],
      [5120, 2880],
      [5700, 3200],
    ] as const) {
      const plan = planTiles({ x0: 1000.5, x1: 1000.5 + width, y0: 70, y1: 70 + height }, size, width, height);
      assert.deepEqual([plan.level, plan.poolX, plan.poolY], [0, 1, 1], `${width} x ${height}`);
    }
  });

  it('draws the finest loaded tile that covers each place, coarse ones first', () => {
    const size = { rows: 2048, columns: 2048 };
    const plan = planTiles(fitViewport(size), size, 2048, 2048);
    assert.equal(plan.level, 0);
    const loaded = new Set(['3/0/0', '1/0/0', '0/0/0', '0/7/7']);
    const drawn = tilesToDraw(plan, size, (tile) => loaded.has(nameOf(tile))).map(nameOf);
    assert.deepEqual(drawn.slice(0, 2), ['3/0/0', '1/0/0']);
    assert.deepEqual(drawn.slice(2).sort(), ['0/0/0', '0/7/7']);
  });

  it('omits coarse tiles once the fine ones cover the view', () => {
    const size = { rows: 512, columns: 512 };
    const plan = planTiles(fitViewport(size), size, 512, 512);
    assert.deepEqual(new Set(tilesToDraw(plan, size, () => true)), new Set(plan.tiles));
  });
});
