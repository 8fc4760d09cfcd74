/**
 * Finds the cell of a tile that each device pixel shows: the cell that holds its centre. Positions are integers in
 * units of 2^-23 of a cell. A shader and JavaScript compute them alike, whereas floats would differ at the edges of
 * cells. No DOM.
 */

import type { PlacedTile, Scene } from './renderer';

/**
 * Fractional bits. With the 8 bits of a tile's 256 cells they fit an unsigned 32-bit integer, with the sign bit to
 * spare.
 */
export const STEP_BITS = 23;

/** Pixels first .. first + count - 1 of an axis show the cells (origin + i * step) >>> STEP_BITS, at most `last`. */
interface PixelSteps {
  readonly first: number;
  readonly count: number;
  readonly origin: number;
  readonly step: number;
  readonly last: number;
}

export function cellAtStep({ origin, step, last }: PixelSteps, i: number): number {
  return Math.min(last, (origin + i * step) >>> STEP_BITS);
}

interface TileSteps {
  readonly across: PixelSteps;
  readonly down: PixelSteps;
}

/** `null` if the tile is out of view. `width` and `height` are those of the picture, in device pixels. */
export function tileSteps(
  { viewport, rows, columns }: Scene,
  tile: PlacedTile,
  width: number,
  height: number,
): TileSteps | null {
  const { x0, x1, y0, y1 } = viewport;
  const across = axisSteps(x0, (x1 - x0) / width, width, tile.column, tile.width, tile.cellWidth, columns);
  const down = axisSteps(y0, (y1 - y0) / height, height, tile.row, tile.height, tile.cellHeight, rows);
  return across.count > 0 && down.count > 0 ? { across, down } : null;
}

function axisSteps(
  start: number,
  perPixel: number,
  pixels: number,
  from: number,
  cells: number,
  cellSize: number,
  entries: number,
): PixelSteps {
  const to = Math.min(entries, from + cells * cellSize);
  const pixelAt = (entry: number): number => Math.ceil((entry - start) / perPixel - 0.5);
  const first = Math.max(0, pixelAt(from));
  const count = Math.max(0, Math.min(pixels, pixelAt(to)) - first);
  const unit = 2 ** STEP_BITS;
  const centre = Math.max(0, (start + (first + 0.5) * perPixel - from) / cellSize);
  // Each step is off by at most half a unit. The origin is raised by the sum of these errors, so that no pixel ends
  // below the edge that it should reach.
  const origin = Math.floor(centre * unit) + Math.ceil(count / 2) + 1;
  // A single pixel may be wider than the whole tile.
  const step = count > 1 ? Math.round((perPixel / cellSize) * unit) : 0;
  return { first, count, origin, step, last: cells - 1 };
}
