/** The tiles that the page keeps, limited in bytes. No DOM. */

import type { Tile } from '../../../src/protocol/matrix';
import { RecentlyUsed } from '../recentlyUsed';
import { MAX_VIEW_BYTES } from './tilePlan';

/**
 * Room for the largest view, its overview and some panning, or for three full views at 4K. A renderer keeps about as
 * much again in colours.
 */
export const TILE_CACHE_BYTES = MAX_VIEW_BYTES + 32 * 2 ** 20;

export type TileCache = RecentlyUsed<string, Tile>;

export function tileCache(limit: number): TileCache {
  return new RecentlyUsed({ limit, weigh: ({ values }) => values.byteLength });
}

/** One cache for the page. Heatmaps that show the same matrix, or return to it, share its tiles. */
export const sharedTileCache = tileCache(TILE_CACHE_BYTES);
