/** The tiles of the current matrix, and of the previous one until the current tiles arrive. No DOM. */

import type { Timers } from '../timers';
import type { Reduction, Tile } from '../../../src/protocol/matrix';
import { NO_NON_NUMBERS, nonNumbersIn, sameNonNumbers, withNonNumbers } from './nonNumbers';
import { poolTile } from './poolTile';
import type { PooledCells } from './poolTile';
import type { PlacedTile } from './renderer';
import { sharedTileCache } from './tileCache';
import { TileLoader } from './tileLoader';
import { overviewAhead, planTiles, tileSpan, tilesToDraw } from './tilePlan';
import type { TileAddress, TilePlan } from './tilePlan';
import type { CellPosition, MatrixSource, NonNumbers, Viewport } from './types';
import type { PlotSize } from './viewport';
import { Zooming } from './zooming';

interface TileViewEvents {
  changed(): void;
  /** Runs `run` once the tiles that arrived so far are on the screen. */
  afterShown(run: () => void): void;
  nonNumbers(found: NonNumbers): void;
  /** Called when it changes whether any visible tile holds a sample of its entries. */
  sampled(sampled: boolean): void;
  failed(error: Error): void;
}

interface Pooled {
  readonly poolX: number;
  readonly poolY: number;
  readonly cells: PooledCells;
}

export class TileView {
  private loader: TileLoader | null = null;
  private readonly zooming: Zooming;
  /** Tiles are wanted and not requested yet. */
  private held = false;
  private previous: TileLoader | null = null;
  private readonly pooled = new WeakMap<Tile, Pooled>();
  private readonly searched = new WeakMap<Tile, NonNumbers>();
  private found: NonNumbers = NO_NON_NUMBERS;
  private sampled = false;

  constructor(
    private readonly events: TileViewEvents,
    timers?: Timers,
  ) {
    this.zooming = new Zooming(() => events.changed(), timers);
  }

  get hasSource(): boolean {
    return this.loader !== null;
  }

  get busy(): boolean {
    return this.held || (this.loader?.busy ?? false);
  }

  setSource(source: MatrixSource | null, reduction: Reduction, keepOld: boolean): void {
    this.loader?.dispose();
    // If several matrices follow in quick succession, the last one that was fully drawn stays underneath.
    if (!keepOld) this.previous = null;
    else if (this.loader && !this.loader.busy) this.previous = this.loader;
    if (!keepOld) this.zooming.reset();
    this.held = false;
    this.find(NO_NON_NUMBERS);
    this.loader =
      source &&
      new TileLoader(source, reduction, sharedTileCache, {
        loaded: () => this.events.changed(),
        afterShown: (run) => this.events.afterShown(run),
        failed: (error) => {
          // The tiles underneath belong to another matrix, and nothing will cover them.
          this.previous = null;
          this.events.failed(error);
        },
      });
  }

  /** Requests the first tile of a view of the whole matrix before the size of the plot is known. */
  askAhead(): void {
    const overview = this.loader && overviewAhead(this.loader.source);
    if (overview) this.loader?.want([overview]);
  }

  setReduction(reduction: Reduction): void {
    if (this.loader && this.loader.reduction !== reduction) this.setSource(this.loader.source, reduction, true);
  }

  valueAt(cell: CellPosition): number | undefined {
    return this.loader?.valueAt(cell);
  }

  /**
   * Requests the tiles that the view lacks and returns the tiles to draw, coarse ones first. `scale` is the number of
   * device pixels per CSS px.
   */
  placed(viewport: Viewport, plot: PlotSize, scale: number): PlacedTile[] {
    const { loader } = this;
    if (!loader) return [];
    const { source } = loader;
    const plan = planTiles(viewport, source, plot.width * scale, plot.height * scale);
    const complete = plan.tiles.every((tile) => loader.has(tile));
    if (complete) this.previous = null;
    const { moving, hold } = this.zooming.at((viewport.x1 - viewport.x0) / plot.width);
    const below = this.previous ? this.place(this.previous, plan, moving) : [];
    const tiles = this.place(loader, plan, moving);
    // Reads wait only if there are tiles to scale in the meantime.
    this.held = hold && !complete && tiles.length > 0;
    if (this.held) loader.pause();
    else loader.want(plan.overview && !complete ? [plan.overview, ...plan.tiles] : plan.tiles);
    this.search(loader, plan);
    return [...below, ...tiles];
  }

  dispose(): void {
    this.zooming.reset();
    this.held = false;
    this.loader?.dispose();
    this.loader = null;
    this.previous = null;
  }

  private place(loader: TileLoader, plan: TilePlan, moving: boolean): PlacedTile[] {
    const placed: PlacedTile[] = [];
    for (const address of tilesToDraw(plan, loader.source, (tile) => loader.has(tile))) {
      const tile = loader.get(address);
      if (tile) placed.push(this.placeTile(address, tile, plan, loader.reduction, moving));
    }
    return placed;
  }

  /**
   * Checks the drawn tiles for NaN, infinities and samples. Pooling keeps NaN and infinities, so the tiles show whether
   * any are in view.
   */
  private search(loader: TileLoader, plan: TilePlan): void {
    let { found } = this;
    let sampled = false;
    for (const address of tilesToDraw(plan, loader.source, (tile) => loader.has(tile))) {
      const tile = loader.get(address);
      if (!tile) continue;
      const known = this.searched.get(tile) ?? nonNumbersIn(tile.values);
      this.searched.set(tile, known);
      found = withNonNumbers(found, known);
      sampled ||= tile.sampled;
    }
    this.find(found);
    if (sampled === this.sampled) return;
    this.sampled = sampled;
    this.events.sampled(sampled);
  }

  private find(found: NonNumbers): void {
    if (sameNonNumbers(found, this.found)) return;
    this.found = found;
    this.events.nonNumbers(found);
  }

  private placeTile(
    address: TileAddress,
    tile: Tile,
    plan: TilePlan,
    reduction: Reduction,
    moving: boolean,
  ): PlacedTile {
    const known = this.pooled.get(tile);
    // A coarser tile is already reduced by this factor in both directions.
    const coarser = 2 ** (address.level - plan.level);
    const poolX = moving && known ? known.poolX : Math.max(1, plan.poolX / coarser);
    const poolY = moving && known ? known.poolY : Math.max(1, plan.poolY / coarser);
    const cells =
      known?.poolX === poolX && known.poolY === poolY ? known.cells : poolTile(tile, poolX, poolY, reduction);
    this.pooled.set(tile, { poolX, poolY, cells });
    return {
      column: address.tileX * tileSpan(address.level),
      row: address.tileY * tileSpan(address.level),
      cellWidth: 2 ** address.level * poolX,
      cellHeight: 2 ** address.level * poolY,
      width: cells.width,
      height: cells.height,
      values: cells.values,
    };
  }
}
