/** One tile of a heatmap, of any matrix at any level. */

import { needsFloat64 } from '../checkpoint/dtypes';
import { CheckpointError } from '../checkpoint/errors';
import { TILE_SIZE } from '../protocol/matrix';
import type { Reduction, Tile } from '../protocol/matrix';
import { currentEngine } from '../tensor/engine/current';
import type { Engine } from '../tensor/engine/engine';
import { levelBounds, TileScan } from '../tensor/engine/tileScan';
import { TileReducer } from '../tensor/tiles';
import type { BlockOfCells, MatrixReader, ResidentEntries, RowRange } from './matrixReader';

/** Read for one tile, in bytes or what takes as long: some tenths of a second. Beyond it a tile shows a sample. */
const TILE_BUDGET = 64 * 2 ** 20;
/** The same where the engine reads a local file, or computes: a tenth of a second. */
const FAST_TILE_BUDGET = 512 * 2 ** 20;
/** For a tile that is to be there at once: some hundreds of reads at most. */
export const QUICK_TILE_BUDGET = 4 * 2 ** 20;
/** Rows longer than a chunk of the file come in parts, which only the plain reducer puts together. */
const MAX_ROW_BYTES = 4 * 2 ** 20;
/** Beyond 2^30 entries to a cell's side no matrix has a second cell. */
const MAX_LEVEL = 30;

interface TilePlace {
  readonly level: number;
  readonly tileX: number;
  readonly tileY: number;
  readonly reduction: Reduction;
}

/** Throws `CheckpointError` NotFound for a tile outside the matrix. */
export async function readTile(
  matrix: MatrixReader,
  place: TilePlace,
  signal?: AbortSignal,
  budget?: number,
): Promise<Tile> {
  const block = blockOf(matrix, place);
  const width = Math.ceil(block.columns / 2 ** block.level);
  const height = Math.ceil(block.rows / 2 ** block.level);
  if (place.reduction === 'mean' && block.level > 0 && matrix.meanTile) {
    return { width, height, values: matrix.meanTile(block), sampled: false };
  }
  const engine = currentEngine();
  const resident = engine && residentFor(matrix, block, place.reduction);
  const plan = planReading(matrix, block, budget ?? (resident?.fast ? FAST_TILE_BUDGET : TILE_BUDGET));
  let values = null;
  if (resident && plan.windows.length === 1) {
    values = await reduceResident(engine, resident, block, plan, place.reduction, signal);
    if (place.reduction === 'mean' && !values.every(Number.isFinite)) {
      const largest = await reduceResident(engine, resident, block, plan, 'maxAbs', signal);
      if (overflowed(values, largest)) values = null;
    }
  }
  values ??= await reducePlain(matrix, block, plan, place.reduction, signal);
  return { width, height, values, sampled: plan.sampled };
}

/** Whether sums of float32 became infinite, or NaN, in cells all of whose entries are finite. */
function overflowed(means: Float32Array, largest: Float32Array): boolean {
  return means.some((mean, i) => !Number.isFinite(mean) && Number.isFinite(largest[i]));
}

/** The way through the engine, where there is one that gives the same cells. */
function residentFor(matrix: MatrixReader, block: BlockOfCells, reduction: Reduction): ResidentEntries | null {
  // At level 0 stored values stay as they are, -0 included, and there is nothing to reduce.
  if (block.level === 0 || block.columns * matrix.costPerEntry > MAX_ROW_BYTES) return null;
  // The engine adds float32; the means of wider dtypes are taken in float64.
  if (reduction === 'mean' && matrix.dtype !== 'computed' && needsFloat64(matrix.dtype)) return null;
  return matrix.resident ?? null;
}

async function reduceResident(
  engine: Engine,
  resident: ResidentEntries,
  block: BlockOfCells,
  { ranges }: Plan,
  reduction: Reduction,
  signal?: AbortSignal,
): Promise<Float32Array<ArrayBuffer>> {
  const { firstRow, rows, firstColumn, columns, level } = block;
  const bounds = [levelBounds(rows, level), levelBounds(columns, level)] as const;
  const scan = new TileScan(engine, resident.dtype, reduction, ...bounds);
  try {
    await resident.scan(
      engine,
      { ranges, firstColumn, columnCount: columns },
      (part) => scan.addRows(part.firstRow - firstRow, part.rowCount, part.address, part.strideBytes),
      signal,
    );
    const cells = scan.finish();
    const values = Float32Array.from(cells.data);
    cells.free();
    return values;
  } finally {
    scan.free();
  }
}

async function reducePlain(
  matrix: MatrixReader,
  block: BlockOfCells,
  plan: Plan,
  reduction: Reduction,
  signal?: AbortSignal,
): Promise<Float32Array<ArrayBuffer>> {
  const reducer = new TileReducer(block.rows, block.columns, block.level, reduction);
  for (const window of plan.windows) {
    const request = { ranges: plan.ranges, firstColumn: block.firstColumn + window.first, columnCount: window.count };
    await matrix.scan(
      request,
      (part) =>
        reducer.addRows(
          part.firstRow - block.firstRow,
          part.rowCount,
          part.values,
          part.firstColumn - block.firstColumn,
          part.columnCount,
        ),
      signal,
    );
  }
  return reducer.finish();
}

function blockOf(matrix: MatrixReader, { level, tileX, tileY }: TilePlace): BlockOfCells {
  const numbers = [level, tileX, tileY];
  const side = TILE_SIZE * 2 ** level;
  const firstRow = tileY * side;
  const firstColumn = tileX * side;
  const valid = numbers.every((n) => Number.isInteger(n) && n >= 0) && level <= MAX_LEVEL;
  if (!valid || firstRow >= matrix.rows || firstColumn >= matrix.columns) {
    const size = `${matrix.rows} x ${matrix.columns}`;
    throw new CheckpointError(
      'NotFound',
      `tile (${tileX}, ${tileY}) of level ${level} is outside the matrix of ${size}`,
    );
  }
  const rows = Math.min(side, matrix.rows - firstRow);
  const columns = Math.min(side, matrix.columns - firstColumn);
  return { firstRow, rows, firstColumn, columns, level };
}

interface Plan {
  readonly ranges: readonly RowRange[];
  /** Columns of the block that are read, from its first. */
  readonly windows: readonly RowRange[];
  readonly sampled: boolean;
}

/**
 * All of a block within the budget; beyond it, of each row of cells the same number of rows, evenly spread. Where even
 * one row each is too much, of those a stretch in the middle of each cell, so that every cell still has entries.
 */
function planReading(matrix: MatrixReader, { firstRow, rows, columns, level }: BlockOfCells, budget: number): Plan {
  const whole = [{ first: 0, count: columns }];
  const rowCost = columns * matrix.costPerEntry;
  if (rows * rowCost <= budget || level === 0)
    return { ranges: [{ first: firstRow, count: rows }], windows: whole, sampled: false };

  const side = 2 ** level;
  const height = Math.ceil(rows / side);
  const perCell = Math.max(1, Math.floor(budget / (height * rowCost)));
  const ranges: RowRange[] = [];
  for (let cell = 0; cell < height; cell++) {
    for (const at of spread(Math.min(side, rows - cell * side), perCell))
      ranges.push({ first: firstRow + cell * side + at, count: 1 });
  }
  const width = Math.ceil(columns / side);
  const stretch = Math.floor(budget / (ranges.length * width * matrix.costPerEntry));
  if (stretch >= side || ranges.length * rowCost <= budget) return { ranges, windows: whole, sampled: true };
  const windows = Array.from({ length: width }, (_, cell) => {
    const size = Math.min(side, columns - cell * side);
    const count = Math.max(1, Math.min(stretch, size));
    return { first: cell * side + Math.floor((size - count) / 2), count };
  });
  return { ranges, windows, sampled: true };
}

/** At most `count` of 0 ... size - 1, evenly spread and the same each time. */
function spread(size: number, count: number): number[] {
  if (count >= size) return Array.from({ length: size }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * size) / count));
}
