/** Reads one tile of a heatmap, for any matrix at any level. */

import { needsFloat64 } from '../checkpoint/dtypes';
import { CheckpointError } from '../checkpoint/errors';
import { TILE_SIZE } from '../protocol/matrix';
import type { Reduction, Tile } from '../protocol/matrix';
import { currentEngine } from '../tensor/engine/current';
import type { Engine } from '../tensor/engine/engine';
import { levelBounds, TileScan } from '../tensor/engine/tileScan';
import { TileReducer } from '../tensor/tiles';
import type { BlockOfCells, MatrixReader, ResidentEntries, RowRange } from './matrixReader';

/** Reading budget per tile, in the unit of `costPerEntry`: a few tenths of a second. Beyond it a tile is sampled. */
const TILE_BUDGET = 64 * 2 ** 20;
/** The same budget if the engine reads a local file or computes the matrix: a tenth of a second. */
const FAST_TILE_BUDGET = 512 * 2 ** 20;
/** Budget of a tile that is needed at once: a few hundred reads at most. */
export const QUICK_TILE_BUDGET = 4 * 2 ** 20;
/** Rows longer than a chunk of the file come in parts, which only the plain reducer can combine. */
const MAX_ROW_BYTES = 4 * 2 ** 20;
/** No matrix has more than one cell of 2^30 entries per side. */
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

/** Whether float32 sums became infinite or NaN in cells whose entries are all finite. */
function overflowed(means: Float32Array, largest: Float32Array): boolean {
  return means.some((mean, i) => !Number.isFinite(mean) && Number.isFinite(largest[i]));
}

/** The matrix's access through the engine, if it gives the same cells as the plain reducer, or else `null`. */
function residentFor(matrix: MatrixReader, block: BlockOfCells, reduction: Reduction): ResidentEntries | null {
  // Level 0 shows the stored values, including -0, and needs no reduction.
  if (block.level === 0 || block.columns * matrix.costPerEntry > MAX_ROW_BYTES) return null;
  // The engine adds in float32, but the means of wider dtypes need float64.
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
  /** Columns to read, relative to the first column of the block. */
  readonly windows: readonly RowRange[];
  readonly sampled: boolean;
}

/**
 * Plans to read the whole block if the budget allows it. Otherwise it samples the same number of evenly spread rows in
 * each row of cells. If one row each is still too much, it samples a stretch in the middle of each cell, so that every
 * cell still has entries.
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

/** Chooses `count` evenly spread numbers of 0 ... size - 1, always the same, or all if there are fewer. */
function spread(size: number, count: number): number[] {
  if (count >= size) return Array.from({ length: size }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * size) / count));
}
