import { strict as assert } from 'node:assert';
import { createColorMap, packedColorOf } from '../../../webview-ui/shared/colorMap';
import { rasterise, TileColors } from '../../../webview-ui/shared/heatmap/raster';
import type { PlacedTile, Scene } from '../../../webview-ui/shared/heatmap/renderer';

const colorMap = createColorMap({ scheme: 'redBlue', limit: 1, scale: 'linear', reduction: 'mean' }, 'light');
const valueOf = (row: number, column: number): number => Math.sin(row * 31 + column * 17);

function tile(row: number, column: number, height: number, width: number, cellHeight = 1, cellWidth = 1): PlacedTile {
  const values = Float32Array.from({ length: width * height }, (_, i) =>
    valueOf(row + Math.floor(i / width) * cellHeight, column + (i % width) * cellWidth),
  );
  return { row, column, width, height, cellWidth, cellHeight, values };
}

function draw(scene: Omit<Scene, 'colorMap'>, width: number, height: number): Uint32Array {
  const pixels = new Uint32Array(width * height);
  rasterise({ ...scene, colorMap }, { width, height, pixels }, new TileColors());
  return pixels;
}

const colorOf = (row: number, column: number): number => packedColorOf(Math.fround(valueOf(row, column)), colorMap);

describe('the rasteriser', () => {
  it('gives each pixel the colour of the entry that holds its centre, across tiles and at any zoom', () => {
    const tiles = [tile(0, 0, 16, 16), tile(0, 16, 16, 14), tile(16, 0, 5, 16), tile(16, 16, 5, 14)];
    const width = 57;
    const height = 43;
    for (const viewport of [
      { x0: 0, x1: 30, y0: 0, y1: 21 },
      { x0: 11.37, x1: 19.2, y0: 14.9, y1: 17.01 },
      { x0: 0.25, x1: 29.75, y0: 3.5, y1: 20.9 },
    ]) {
      const pixels = draw({ viewport, rows: 21, columns: 30, tiles }, width, height);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const column = Math.floor(viewport.x0 + ((x + 0.5) / width) * (viewport.x1 - viewport.x0));
          const row = Math.floor(viewport.y0 + ((y + 0.5) / height) * (viewport.y1 - viewport.y0));
          assert.equal(pixels[y * width + x], colorOf(row, column), `pixel (${x}, ${y}) shows [${row}, ${column}]`);
        }
      }
    }
  });

  it('leaves pixels outside the matrix or without a tile transparent', () => {
    const viewport = { x0: -2, x1: 6, y0: 0, y1: 4 };
    const pixels = draw({ viewport, rows: 4, columns: 4, tiles: [tile(0, 0, 2, 4)] }, 8, 4);
    assert.deepEqual(
      [...pixels.subarray(0, 8)].map((pixel) => pixel !== 0),
      [false, false, true, true, true, true, false, false],
    );
    assert.ok(pixels.subarray(16).every((pixel) => pixel === 0));
  });

  it('draws fine tiles over the coarse one beneath', () => {
    const coarse = tile(0, 0, 2, 2, 4, 4);
    const fine = tile(0, 4, 4, 4);
    const viewport = { x0: 0, x1: 8, y0: 0, y1: 8 };
    const pixels = draw({ viewport, rows: 8, columns: 8, tiles: [coarse, fine] }, 8, 8);
    assert.equal(pixels[0], colorOf(0, 0));
    assert.equal(pixels[3 * 8 + 3], colorOf(0, 0));
    assert.equal(pixels[3 * 8 + 6], colorOf(3, 6));
    assert.equal(pixels[7 * 8 + 7], colorOf(4, 4));
  });

  it('stops a coarse cell at the edge of the matrix', () => {
    const pixels = draw(
      { viewport: { x0: 0, x1: 8, y0: 0, y1: 1 }, rows: 1, columns: 5, tiles: [tile(0, 0, 1, 2, 4, 4)] },
      8,
      1,
    );
    assert.deepEqual(
      [...pixels].map((pixel) => pixel !== 0),
      [true, true, true, true, true, false, false, false],
    );
  });

  it('recolours a tile when the colours change', () => {
    const colors = new TileColors();
    const one = tile(0, 0, 1, 1);
    const other = createColorMap({ ...colorMap.settings, scheme: 'brownTeal' }, 'light');
    assert.equal(colors.of(one, colorMap), colors.of(one, colorMap));
    assert.equal(colors.of(one, other)[0], packedColorOf(one.values[0] as number, other));
  });
});
