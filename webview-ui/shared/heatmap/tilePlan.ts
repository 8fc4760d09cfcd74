/** Plans the tiles that a view of the matrix needs, and the tiles drawn until those arrive. No DOM. */

import { TILE_SIZE } from '../../../src/protocol/matrix';
import type { Viewport } from './types';
import type { MatrixSize } from './viewport';

export interface TileAddress {
  readonly level: number;
  readonly tileX: number;
  readonly tileY: number;
  /** The tile may be a sample. It is drawn until the exact tiles arrive. */
  readonly quick?: true;
}

/** Above this many tiles a coarser level is read: each tile is a request, and more take seconds. */
export const MAX_TILES_IN_VIEW = 512;
/**
 * The same limit in bytes: what a screen of 6016 x 3384 shows at 1:1. A view has to fit in the cache, or it would read
 * for ever.
 */
export const MAX_VIEW_BYTES = 96 * 2 ** 20;
const CELL_BYTES = 4;

/** This many tiles arrive about as soon as an overview would. */
const TILES_WITHOUT_OVERVIEW = 4;

export interface TilePlan {
  readonly level: number;
  /** Tiles in view at `level`, nearest to the centre first. */
  readonly tiles: readonly TileAddress[];
  /** A coarse tile of the whole matrix, which is quick to read and drawn first; `null` if it is not worth a read. */
  readonly overview: TileAddress | null;
  /**
   * Cells of a tile per pixel in each direction, a power of two. A level halves both directions at once. A matrix of 8
   * x 4096 that is stretched to fill a box needs all its rows, so the rest of the reduction along x is done here.
   */
  readonly poolX: number;
  readonly poolY: number;
}

/** Entries of the matrix along one side of a tile. */
export function tileSpan(level: number): number {
  return TILE_SIZE * 2 ** level;
}

/** The first level at which the whole matrix is one tile. */
export function overviewLevel({ rows, columns }: MatrixSize): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(rows, columns) / TILE_SIZE)));
}

/**
 * This many levels below the overview, a view of the whole matrix needs more tiles than arrive as soon as the overview.
 */
const LEVELS_ABOVE_VIEW = 2;

/** The overview that a view of the whole matrix starts with on nearly any screen; `null` for a small matrix. */
export function overviewAhead(size: MatrixSize): TileAddress | null {
  const level = overviewLevel(size);
  return level > LEVELS_ABOVE_VIEW ? overviewAt(level) : null;
}

function overviewAt(level: number): TileAddress {
  return { level, tileX: 0, tileY: 0, quick: true };
}

/**
 * The level at which a cell is about one pixel, in the direction with fewer entries per pixel. It is 0 at 1:1 and
 * closer.
 */
export function levelFor(entriesPerPixelX: number, entriesPerPixelY: number): number {
  return Math.max(0, Math.round(Math.log2(Math.min(entriesPerPixelX, entriesPerPixelY))));
}

function tileRange(start: number, end: number, entries: number, span: number): [number, number] {
  const last = Math.max(0, Math.ceil(entries / span) - 1);
  const first = Math.min(last, Math.max(0, Math.floor(start / span)));
  return [first, Math.min(last, Math.max(first, Math.ceil(end / span) - 1))];
}

export function tilesInView(viewport: Viewport, size: MatrixSize, level: number): TileAddress[] {
  const span = tileSpan(level);
  const [firstX, lastX] = tileRange(viewport.x0, viewport.x1, size.columns, span);
  const [firstY, lastY] = tileRange(viewport.y0, viewport.y1, size.rows, span);
  const centreX = (viewport.x0 + viewport.x1) / 2 / span - 0.5;
  const centreY = (viewport.y0 + viewport.y1) / 2 / span - 0.5;
  const tiles: TileAddress[] = [];
  for (let tileY = firstY; tileY <= lastY; tileY++) {
    for (let tileX = firstX; tileX <= lastX; tileX++) tiles.push({ level, tileX, tileY });
  }
  const distance = (tile: TileAddress): number => (tile.tileX - centreX) ** 2 + (tile.tileY - centreY) ** 2;
  return tiles.sort((a, b) => distance(a) - distance(b));
}

/** Whether the tiles in view are few and small enough to be read and cached together. */
function fits(viewport: Viewport, size: MatrixSize, level: number): boolean {
  const span = tileSpan(level);
  const [firstX, lastX] = tileRange(viewport.x0, viewport.x1, size.columns, span);
  const [firstY, lastY] = tileRange(viewport.y0, viewport.y1, size.rows, span);
  const cells = (first: number, last: number, entries: number): number =>
    Math.min((last + 1) * TILE_SIZE, Math.ceil(entries / 2 ** level)) - first * TILE_SIZE;
  const bytes = CELL_BYTES * cells(firstX, lastX, size.columns) * cells(firstY, lastY, size.rows);
  return (lastX - firstX + 1) * (lastY - firstY + 1) <= MAX_TILES_IN_VIEW && bytes <= MAX_VIEW_BYTES;
}

/** `width` and `height` are the size of the plot in device pixels. */
export function planTiles(viewport: Viewport, size: MatrixSize, width: number, height: number): TilePlan {
  const perPixelX = (viewport.x1 - viewport.x0) / Math.max(1, width);
  const perPixelY = (viewport.y1 - viewport.y0) / Math.max(1, height);
  const coarsest = overviewLevel(size);
  let level = Math.min(coarsest, levelFor(perPixelX, perPixelY));
  while (level < coarsest && !fits(viewport, size, level)) level++;
  const tiles = tilesInView(viewport, size, level);
  const pool = (perPixel: number): number => 2 ** Math.max(0, Math.round(Math.log2(perPixel)) - level);
  return {
    level,
    tiles,
    overview: tiles.length > TILES_WITHOUT_OVERVIEW ? overviewAt(coarsest) : null,
    poolX: Math.min(TILE_SIZE, pool(perPixelX)),
    poolY: Math.min(TILE_SIZE, pool(perPixelY)),
  };
}

/**
 * The tiles to draw now, coarse ones first: each tile of the plan, or the finest loaded tile that covers it. Levels
 * nest, so the tile above (x, y) is (x / 2, y / 2).
 */
export function tilesToDraw(
  plan: TilePlan,
  size: MatrixSize,
  isLoaded: (address: TileAddress) => boolean,
): TileAddress[] {
  const coarsest = overviewLevel(size);
  const chosen = new Map<string, TileAddress>();
  for (const tile of plan.tiles) {
    let candidate = tile;
    while (!isLoaded(candidate) && candidate.level < coarsest) {
      candidate = { level: candidate.level + 1, tileX: candidate.tileX >> 1, tileY: candidate.tileY >> 1 };
    }
    // The last resort is the overview.
    if (!isLoaded(candidate)) candidate = { ...candidate, quick: true };
    if (isLoaded(candidate))
      chosen.set(`${candidate.level}/${candidate.tileX}/${candidate.tileY}/${candidate.quick}`, candidate);
  }
  return [...chosen.values()].sort((a, b) => b.level - a.level);
}
