/** One tile of a heatmap, of any matrix at any level. */

import { CheckpointError } from '../checkpoint/errors';
import { TILE_SIZE } from '../protocol/matrix';
import type { Reduction, Tile } from '../protocol/matrix';
import { TileReducer } from '../tensor/tiles';
import type { BlockOfCells, MatrixReader, RowRange } from './matrixReader';

/** Read for one tile, in bytes or what takes as long: some tenths of a second. Beyond it a tile shows a sample. */
export const TILE_BUDGET = 64 * 2 ** 20;
/** Beyond 2^30 entries to a cell's side no matrix has a second cell. */
const MAX_LEVEL = 30;

export interface TilePlace {
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
  budget = TILE_BUDGET,
): Promise<Tile> {
  const block = blockOf(matrix, place);
  const width = Math.ceil(block.columns / 2 ** block.level);
  const height = Math.ceil(block.rows / 2 ** block.level);
  if (place.reduction === 'mean' && block.level > 0 && matrix.meanTile) {
    return { width, height, values: matrix.meanTile(block), sampled: false };
  }
  const reducer = new TileReducer(block.rows, block.columns, block.level, place.reduction);
  const plan = planReading(matrix, block, budget);
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
  return { width, height, values: reducer.finish(), sampled: plan.sampled };
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
