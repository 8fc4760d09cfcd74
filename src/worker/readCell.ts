/** One entry in full precision, and what its row and column look like. */

import { CheckpointError } from '../checkpoint/errors';
import type { Cell, LineSummary } from '../protocol/matrix';
import type { ByteLru } from './byteLru';
import { everything } from './matrixReader';
import type { MatrixReader, ScanRequest } from './matrixReader';

/** Read for one line of a hover, in bytes or what takes as long: a few milliseconds. */
export const LINE_BUDGET = 4 * 2 ** 20;
/**
 * A column of a row-major file costs nearly the whole matrix. Up to this size all columns are summed up at once, in some
 * tenths of a second at the first hover, and kept; beyond it a column has no summary.
 */
export const COLUMNS_BUDGET = 128 * 2 ** 20;

/** Summaries of all columns of a matrix, by the key of the matrix. */
export type ColumnCache = ByteLru<readonly LineSummary[]>;
/** Of one kept summary, about. */
const SUMMARY_BYTES = 80;

/** Throws `CheckpointError` NotFound for an entry outside the matrix. */
export async function readCell(
  matrix: MatrixReader,
  row: number,
  column: number,
  columns: ColumnCache,
  key: string,
  signal?: AbortSignal,
): Promise<Cell> {
  const inside = (at: number, size: number): boolean => Number.isInteger(at) && at >= 0 && at < size;
  if (!inside(row, matrix.rows) || !inside(column, matrix.columns)) {
    throw new CheckpointError('NotFound', `entry (${row}, ${column}) is outside the matrix of ${matrix.rows} x ${matrix.columns}`);
  }
  const { value, text, index } = await matrix.cell(row, column, signal);
  return {
    text,
    value,
    dtype: matrix.dtype,
    index,
    row: await summariseRow(matrix, row, signal),
    column: await summariseColumn(matrix, column, columns, key, signal),
  };
}

async function summariseRow(matrix: MatrixReader, row: number, signal?: AbortSignal): Promise<LineSummary | null> {
  if (matrix.columns * matrix.costPerEntry > LINE_BUDGET) return null;
  return summariseLine(matrix, { ranges: [{ first: row, count: 1 }], firstColumn: 0, columnCount: matrix.columns }, signal);
}

async function summariseColumn(
  matrix: MatrixReader,
  column: number,
  cache: ColumnCache,
  key: string,
  signal?: AbortSignal,
): Promise<LineSummary | null> {
  if (matrix.columnCost <= LINE_BUDGET) {
    return summariseLine(matrix, { ...everything(matrix), firstColumn: column, columnCount: 1 }, signal);
  }
  const kept = cache.get(key);
  if (kept) return kept[column]!;
  if (matrix.rows * matrix.columns * matrix.costPerEntry > COLUMNS_BUDGET) return null;
  const lines = Array.from({ length: matrix.columns }, () => new LineAccumulator());
  await matrix.scan(
    everything(matrix),
    ({ values, columnCount, firstColumn }) => {
      for (let i = 0; i < values.length; i++) lines[firstColumn + (i % columnCount)]!.add(values[i]!);
    },
    signal,
  );
  const summaries = lines.map((line) => line.summary());
  cache.set(key, summaries, summaries.length * SUMMARY_BYTES);
  return summaries[column]!;
}

async function summariseLine(matrix: MatrixReader, request: ScanRequest, signal?: AbortSignal): Promise<LineSummary> {
  const line = new LineAccumulator();
  await matrix.scan(
    request,
    ({ values }) => {
      for (const value of values) line.add(value);
    },
    signal,
  );
  return line.summary();
}

/** Extremes, mean and norm of the finite entries of a line; NaN where there are none. `count` counts them all. */
class LineAccumulator {
  private count = 0;
  private finite = 0;
  private min = Infinity;
  private max = -Infinity;
  private sum = 0;
  private squares = 0;

  add(value: number): void {
    this.count++;
    if (value - value !== 0) return;
    this.finite++;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.sum += value;
    this.squares += value * value;
  }

  summary(): LineSummary {
    const { count, finite, min, max, sum, squares } = this;
    if (finite === 0) return { count, min: NaN, max: NaN, mean: NaN, norm: NaN };
    return { count, min, max, mean: sum / finite, norm: Math.sqrt(squares) };
  }
}
