/** The tiles that the page keeps, limited in bytes. No DOM. */

import { LruCache } from '../../../src/protocol/lruCache';
import type { Tile } from '../../../src/protocol/matrix';
import { MAX_VIEW_BYTES } from './tilePlan';

/**
 * Room for the largest view, its overview and some panning, or for three full views at 4K. A renderer keeps about as
 * much again in colours.
 */
export const TILE_CACHE_BYTES = MAX_VIEW_BYTES + 32 * 2 ** 20;

export class TileCache extends LruCache<Tile> {
  /** A tile larger than the whole cache stays until the next one, so that it can be drawn. */
  constructor(limitBytes: number) {
    super(limitBytes, { sizeOf: ({ values }) => values.byteLength, keepsNewest: true });
  }
}

/** One cache for the page. Heatmaps that show the same matrix, or return to it, share its tiles. */
export const sharedTileCache = new TileCache(TILE_CACHE_BYTES);
