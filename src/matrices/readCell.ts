/** Reads one entry in full precision, with summaries of its row and column. */

import type { Values } from '../checkpoint/dtypes';
import type { Cell, LineSummary } from '../protocol/matrix';
import { LruCache } from '../protocol/lruCache';
import { everything } from './matrixReader';
import type { MatrixReader, ScanRequest } from './matrixReader';
import { checkEntry } from './notFound';

/** Reading budget for the row or column of a hover, in the unit of `costPerEntry`: a few milliseconds. */
const LINE_BUDGET = 4 * 2 ** 20;
/**
 * Reading a column of a row-major file costs nearly as much as the whole matrix. Up to this budget, the first hover
 * summarises all columns at once, in a few tenths of a second, and caches them. Beyond it a column has no summary.
 */
const COLUMNS_BUDGET = 64 * 2 ** 20;

/** Approximate bytes per cached summary. */
const SUMMARY_BYTES = 80;

/** Summaries of all columns of a matrix, by the key of the matrix. */
type ColumnCache = LruCache<readonly LineSummary[]>;

export function columnCache(limitBytes: number): ColumnCache {
  return new LruCache(limitBytes, { sizeOf: ({ length }) => length * SUMMARY_BYTES });
}

/** Throws `CheckpointError` NotFound for an entry outside the matrix. */
export async function readCell(
  matrix: MatrixReader,
  row: number,
  column: number,
  columns: ColumnCache,
  key: string,
  signal?: AbortSignal,
): Promise<Cell> {
  checkEntry(row, column, 'matrix', matrix.rows, matrix.columns);
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
  return summariseLine(
    matrix,
    { ranges: [{ first: row, count: 1 }], firstColumn: 0, columnCount: matrix.columns },
    signal,
  );
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
  const lines = new LineAccumulators(matrix.columns);
  await matrix.scan(
    everything(matrix),
    ({ values, rowCount, columnCount, firstColumn }) => {
      for (let i = 0; i < rowCount; i++)
        lines.addAcross(firstColumn, values.subarray(i * columnCount, (i + 1) * columnCount));
    },
    signal,
  );
  const summaries = Array.from({ length: matrix.columns }, (_, line) => lines.summary(line));
  cache.set(key, summaries);
  return summaries[column]!;
}

async function summariseLine(matrix: MatrixReader, request: ScanRequest, signal?: AbortSignal): Promise<LineSummary> {
  const line = new LineAccumulators(1);
  await matrix.scan(request, ({ values }) => line.addAlong(values), signal);
  return line.summary(0);
}

/**
 * Accumulates extremes, mean and norm of the finite entries of lines (NaN if there are none) and counts all entries.
 */
class LineAccumulators {
  private readonly counts: Float64Array;
  private readonly finite: Float64Array;
  private readonly min: Float64Array;
  private readonly max: Float64Array;
  private readonly sum: Float64Array;
  private readonly squares: Float64Array;

  constructor(lines: number) {
    this.counts = new Float64Array(lines);
    this.finite = new Float64Array(lines);
    this.min = new Float64Array(lines).fill(Infinity);
    this.max = new Float64Array(lines).fill(-Infinity);
    this.sum = new Float64Array(lines);
    this.squares = new Float64Array(lines);
  }

  /** Adds entries of line 0. */
  addAlong(values: Values): void {
    for (let i = 0; i < values.length; i++) this.add(0, values[i]!);
  }

  /** Adds one entry to each of the lines from `first` on. */
  addAcross(first: number, values: Values): void {
    for (let i = 0; i < values.length; i++) this.add(first + i, values[i]!);
  }

  private add(line: number, value: number): void {
    this.counts[line]!++;
    if (value - value !== 0) return;
    this.finite[line]!++;
    if (value < this.min[line]!) this.min[line] = value;
    if (value > this.max[line]!) this.max[line] = value;
    this.sum[line]! += value;
    this.squares[line]! += value * value;
  }

  summary(line: number): LineSummary {
    const count = this.counts[line]!;
    const finite = this.finite[line]!;
    if (finite === 0) return { count, min: NaN, max: NaN, mean: NaN, norm: NaN };
    const mean = this.sum[line]! / finite;
    return { count, min: this.min[line]!, max: this.max[line]!, mean, norm: Math.sqrt(this.squares[line]!) };
  }
}
