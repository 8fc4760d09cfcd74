/**
 * Draws tiles into a pixel buffer: each device pixel takes the colour of the cell its centre falls in. No DOM, so that a
 * test can hold every pixel, and any renderer, against it.
 */

import { colorValues } from '../colorMap';
import type { ColorMap } from '../colorMap';
import type { PlacedTile, Scene } from './renderer';

export interface PixelBuffer {
  readonly width: number;
  readonly height: number;
  /** (height, width), row-major, as ImageData packs them. */
  readonly pixels: Uint32Array;
}

/** Pixels of one axis that a tile covers, and the cell under each. */
interface Span {
  readonly first: number;
  readonly cells: Int32Array;
}

function spanOf(start: number, entriesPerPixel: number, pixels: number, from: number, cells: number, cellSize: number, entries: number): Span {
  const to = Math.min(entries, from + cells * cellSize);
  const pixelAt = (entry: number): number => Math.ceil((entry - start) / entriesPerPixel - 0.5);
  const first = Math.max(0, pixelAt(from));
  const last = Math.min(pixels, pixelAt(to));
  const indices = new Int32Array(Math.max(0, last - first));
  for (let i = 0; i < indices.length; i++) {
    const entry = start + (first + i + 0.5) * entriesPerPixel;
    indices[i] = Math.min(cells - 1, Math.max(0, Math.floor((entry - from) / cellSize)));
  }
  return { first, cells: indices };
}

/** Colours of tiles, made once for each colour map and dropped along with the tile's values. */
export class TileColors {
  private readonly coloured = new WeakMap<Float32Array, { key: string; pixels: Uint32Array }>();

  of(tile: PlacedTile, map: ColorMap): Uint32Array {
    const known = this.coloured.get(tile.values);
    if (known?.key === map.key) return known.pixels;
    const pixels = colorValues(tile.values, map);
    this.coloured.set(tile.values, { key: map.key, pixels });
    return pixels;
  }
}

export function rasterise(scene: Scene, { width, height, pixels }: PixelBuffer, colors: TileColors): void {
  pixels.fill(0);
  const { viewport, tiles, colorMap } = scene;
  const perPixelX = (viewport.x1 - viewport.x0) / width;
  const perPixelY = (viewport.y1 - viewport.y0) / height;
  for (const tile of tiles) {
    const across = spanOf(viewport.x0, perPixelX, width, tile.column, tile.width, tile.cellWidth, scene.columns);
    const down = spanOf(viewport.y0, perPixelY, height, tile.row, tile.height, tile.cellHeight, scene.rows);
    if (across.cells.length === 0 || down.cells.length === 0) continue;
    const source = colors.of(tile, colorMap);
    for (let i = 0; i < down.cells.length; i++) {
      const target = (down.first + i) * width + across.first;
      // Zoomed in, neighbouring rows of pixels show the same cells: a copy is many times faster than a lookup.
      if (i > 0 && down.cells[i] === down.cells[i - 1]) {
        pixels.copyWithin(target, target - width, target - width + across.cells.length);
        continue;
      }
      const row = (down.cells[i] as number) * tile.width;
      for (let j = 0; j < across.cells.length; j++) {
        pixels[target + j] = source[row + (across.cells[j] as number)] as number;
      }
    }
  }
}
