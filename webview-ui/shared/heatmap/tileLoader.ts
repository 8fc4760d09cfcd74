/** Reads the tiles that a view wants, in order, a few at a time. Aborts reads that the view no longer wants. No DOM. */

import { TILE_SIZE } from '../../../src/protocol/matrix';
import type { Reduction, Tile } from '../../../src/protocol/matrix';
import type { TileCache } from './tileCache';
import { tileSpan } from './tilePlan';
import type { TileAddress } from './tilePlan';
import type { CellPosition, MatrixSource } from './types';

/** Enough to hide the latency of a remote host, few enough that a change of view does not wait for stale reads. */
export const MAX_READS_IN_FLIGHT = 6;

class TileShapeError extends Error {
  override readonly name = 'TileShapeError';
}

interface TileLoaderEvents {
  loaded(): void;
  /** Runs `run` once the tiles loaded so far are on the screen. */
  afterShown(run: () => void): void;
  failed(error: Error): void;
}

export class TileLoader {
  private wanted: readonly TileAddress[] = [];
  private readonly inFlight = new Map<string, AbortController>();
  private readonly failures = new Set<string>();
  /** A quick tile is being drawn, and reads of the others would take processor time from that. */
  private showing = false;
  private paused = false;

  constructor(
    readonly source: MatrixSource,
    readonly reduction: Reduction,
    private readonly cache: TileCache,
    private readonly events: TileLoaderEvents,
  ) {}

  /** True while a read of a wanted tile is in progress. */
  get busy(): boolean {
    return this.inFlight.size > 0 || this.showing;
  }

  has(address: TileAddress): boolean {
    return this.cache.has(this.key(address));
  }

  get(address: TileAddress): Tile | undefined {
    return this.cache.get(this.key(address));
  }

  /** The stored value, if the tile that holds it is loaded at full resolution. */
  valueAt({ row, column }: CellPosition): number | undefined {
    const tileX = Math.floor(column / TILE_SIZE);
    const tileY = Math.floor(row / TILE_SIZE);
    const tile = this.get({ level: 0, tileX, tileY });
    return tile?.values[(row - tileY * TILE_SIZE) * tile.width + (column - tileX * TILE_SIZE)];
  }

  /** Starts no more reads until something is wanted again. Reads in progress still finish. */
  pause(): void {
    this.paused = true;
  }

  /** Replaces the list of wanted tiles, most urgent first. Reads of other tiles are aborted. */
  want(tiles: readonly TileAddress[]): void {
    this.paused = false;
    this.wanted = tiles;
    const keys = new Set(tiles.map((tile) => this.key(tile)));
    for (const [key, controller] of this.inFlight) {
      if (keys.has(key)) continue;
      this.inFlight.delete(key);
      controller.abort();
    }
    this.startReads();
  }

  dispose(): void {
    this.want([]);
  }

  private startReads(): void {
    if (this.showing || this.paused) return;
    const [first] = this.wanted;
    // A quick tile is read alone. Beside other reads it would not be quick.
    const alone =
      first?.quick && !this.has(first) && !this.failures.has(this.key(first)) && !this.inFlight.has(this.key(first));
    if (first && alone) return void this.read(first, this.key(first));
    if (first?.quick && this.inFlight.has(this.key(first))) return;
    for (const address of this.wanted) {
      if (this.inFlight.size >= MAX_READS_IN_FLIGHT) return;
      const key = this.key(address);
      if (!this.cache.has(key) && !this.inFlight.has(key) && !this.failures.has(key)) void this.read(address, key);
    }
  }

  private async read(address: TileAddress, key: string): Promise<void> {
    const controller = new AbortController();
    this.inFlight.set(key, controller);
    try {
      const tile = await this.source.readTile({ ...address, reduction: this.reduction }, controller.signal);
      if (controller.signal.aborted) return;
      this.checkShape(address, tile);
      this.cache.set(key, tile);
    } catch (error) {
      if (controller.signal.aborted) return;
      // A failed tile is not read again until the matrix is set anew: a view that redraws on failure would retry for
      // ever.
      this.failures.add(key);
      this.events.failed(error instanceof Error ? error : new Error(String(error)));
    }
    this.inFlight.delete(key);
    if (address.quick && this.cache.has(key)) this.showFirst();
    this.startReads();
    this.events.loaded();
  }

  private showFirst(): void {
    this.showing = true;
    this.events.afterShown(() => {
      this.showing = false;
      this.startReads();
    });
  }

  private checkShape(address: TileAddress, tile: Tile): void {
    const cellSpan = tileSpan(address.level) / TILE_SIZE;
    const cells = (entries: number, index: number): number =>
      Math.min(TILE_SIZE, Math.ceil(entries / cellSpan) - index * TILE_SIZE);
    const width = cells(this.source.columns, address.tileX);
    const height = cells(this.source.rows, address.tileY);
    if (tile.width === width && tile.height === height && tile.values.length === width * height) return;
    const where = `tile (${address.tileX}, ${address.tileY}) of level ${address.level}`;
    const got = `${tile.height} x ${tile.width} with ${tile.values.length} values`;
    throw new TileShapeError(`${where}: got ${got}, expected ${height} x ${width}`);
  }

  private key({ level, tileX, tileY, quick }: TileAddress): string {
    return `${level}/${tileX}/${tileY}/${quick ? 'quick' : 'whole'}/${this.reduction}/${this.source.id}`;
  }
}
