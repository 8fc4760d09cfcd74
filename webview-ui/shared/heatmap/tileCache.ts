/** Tiles by key, bounded in bytes; what was used least recently goes first. No DOM. */

import type { Tile } from '../../../src/protocol/matrix';
import { MAX_VIEW_BYTES, tileBytes } from './tilePlan';

/**
 * The largest view with its overview and room to pan, or three full views at 4K; a renderer keeps about as much again
 * in colours.
 */
export const TILE_CACHE_BYTES = MAX_VIEW_BYTES + 32 * 2 ** 20;

export class TileCache {
  private readonly tiles = new Map<string, Tile>();
  private used = 0;

  constructor(private readonly limitBytes: number) {}

  get bytes(): number {
    return this.used;
  }

  has(key: string): boolean {
    return this.tiles.has(key);
  }

  get(key: string): Tile | undefined {
    const tile = this.tiles.get(key);
    if (tile) {
      // A Map iterates in order of insertion, so the first key is always the one used least recently.
      this.tiles.delete(key);
      this.tiles.set(key, tile);
    }
    return tile;
  }

  set(key: string, tile: Tile): void {
    this.remove(key);
    this.tiles.set(key, tile);
    this.used += tileBytes(tile);
    for (const oldest of this.tiles.keys()) {
      if (this.used <= this.limitBytes || oldest === key) break;
      this.remove(oldest);
    }
  }

  clear(): void {
    this.tiles.clear();
    this.used = 0;
  }

  private remove(key: string): void {
    const tile = this.tiles.get(key);
    if (!tile) return;
    this.tiles.delete(key);
    this.used -= tileBytes(tile);
  }
}

/** One for the page: heatmaps that show the same matrix, or come back to it, share its tiles. */
export const sharedTileCache = new TileCache(TILE_CACHE_BYTES);
