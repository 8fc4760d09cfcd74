/** scaling * B * A and W + scaling * B * A, computed block by block: the full matrix is never in memory. */

import type { Factors } from './factors';
import type { BlockOfCells, CellValue, MatrixReader, ResidentEntries, ScanRequest, Visitor } from './matrixReader';
import { Pacer } from '../checkpoint/pacer';
import { residentDelta } from './residentDelta';

/** Number of multiplications per block: a few milliseconds of work. */
const BLOCK_PRODUCTS = 4_000_000;
/** Number of multiplications that take as long as reading, decoding and reducing a byte from the page cache. */
const PRODUCTS_PER_BYTE = 4;

/**
 * Adds row `row` of scaling * B * A from `firstColumn` on to `out[at..at + columnCount]`. It adds four products per
 * pass over `out`, which needs a quarter of the passes, in order of the rank.
 */
export function addDeltaRow(
  { a, b, rank, inFeatures, scaling }: Factors,
  row: number,
  firstColumn: number,
  out: Float64Array,
  at: number,
  columnCount: number,
): void {
  const weight = (k: number): number => scaling * b[row * rank + k]!;
  let k = 0;
  for (; k + 4 <= rank; k += 4) {
    const [w0, w1, w2, w3] = [weight(k), weight(k + 1), weight(k + 2), weight(k + 3)];
    const a0 = k * inFeatures + firstColumn;
    const a1 = a0 + inFeatures;
    const a2 = a1 + inFeatures;
    const a3 = a2 + inFeatures;
    for (let j = 0; j < columnCount; j++) {
      out[at + j] = out[at + j]! + w0 * a[a0 + j]! + w1 * a[a1 + j]! + w2 * a[a2 + j]! + w3 * a[a3 + j]!;
    }
  }
  for (; k < rank; k++) {
    const w = weight(k);
    const start = k * inFeatures + firstColumn;
    for (let j = 0; j < columnCount; j++) out[at + j]! += w * a[start + j]!;
  }
}

/** The r products that sum to an entry, and their sum, added in the same order as in a block. */
export function entryProducts(
  factors: Factors,
  row: number,
  column: number,
): { products: Float64Array<ArrayBuffer>; sum: number } {
  const { a, b, rank, inFeatures, scaling } = factors;
  const products = new Float64Array(rank);
  let sum = 0;
  for (let k = 0; k < rank; k++) {
    products[k] = scaling * b[row * rank + k]! * a[k * inFeatures + column]!;
    sum += products[k]!;
  }
  return { products, sum };
}

export class DeltaMatrix implements MatrixReader {
  readonly dtype = 'computed';
  readonly rows: number;
  readonly columns: number;
  readonly costPerEntry: number;
  readonly columnCost: number;

  constructor(private readonly factors: Factors) {
    this.rows = factors.outFeatures;
    this.columns = factors.inFeatures;
    this.costPerEntry = factors.rank / PRODUCTS_PER_BYTE;
    this.columnCost = this.rows * this.costPerEntry;
  }

  /** Computed in float32. Cells and exported files are computed in float64. */
  get resident(): ResidentEntries | null {
    return residentDelta(this.factors);
  }

  async cell(row: number, column: number): Promise<CellValue> {
    const { sum } = entryProducts(this.factors, row, column);
    return { value: sum, text: String(sum), index: [row, column] };
  }

  async scan({ ranges, firstColumn, columnCount }: ScanRequest, visit: Visitor, signal?: AbortSignal): Promise<void> {
    const pacer = new Pacer(signal);
    const perRow = Math.max(1, columnCount * this.factors.rank);
    const rowsAtOnce = Math.max(1, Math.floor(BLOCK_PRODUCTS / perRow));
    const buffer = new Float64Array(Math.min(rowsAtOnce, this.rows) * columnCount);
    for (const { first, count } of ranges) {
      for (let firstRow = first; firstRow < first + count; firstRow += rowsAtOnce) {
        const rowCount = Math.min(rowsAtOnce, first + count - firstRow);
        const values = buffer.subarray(0, rowCount * columnCount).fill(0);
        for (let i = 0; i < rowCount; i++) {
          addDeltaRow(this.factors, firstRow + i, firstColumn, values, i * columnCount, columnCount);
        }
        await visit({ firstRow, rowCount, firstColumn, columnCount, values });
        await pacer.pause();
      }
    }
  }

  /**
   * The mean over a block of B * A is the mean row of B's block times the mean column of A's block. A cell of any size
   * takes as many products as the rank.
   */
  meanTile({ firstRow, rows, firstColumn, columns, level }: BlockOfCells): Float32Array<ArrayBuffer> {
    const { a, b, rank, inFeatures, scaling } = this.factors;
    const side = 2 ** level;
    const means = (count: number, valueAt: (i: number) => number): Float64Array => {
      const cells = new Float64Array(Math.ceil(count / side));
      for (let i = 0; i < count; i++)
        cells[Math.floor(i / side)]! += valueAt(i) / Math.min(side, count - Math.floor(i / side) * side);
      return cells;
    };
    const width = Math.ceil(columns / side);
    const height = Math.ceil(rows / side);
    const tile = new Float64Array(width * height);
    for (let k = 0; k < rank; k++) {
      const bMeans = means(rows, (i) => b[(firstRow + i) * rank + k]!);
      const aMeans = means(columns, (j) => a[k * inFeatures + firstColumn + j]!);
      for (let y = 0; y < height; y++) {
        const weight = scaling * bMeans[y]!;
        for (let x = 0; x < width; x++) tile[y * width + x]! += weight * aMeans[x]!;
      }
    }
    return Float32Array.from(tile);
  }
}

/** W + scaling * B * A. W is read in the requested pieces. */
export class MergedMatrix implements MatrixReader {
  readonly dtype = 'computed';
  readonly rows: number;
  readonly columns: number;
  readonly costPerEntry: number;
  readonly columnCost: number;
  private readonly delta: DeltaMatrix;

  constructor(
    private readonly weight: MatrixReader,
    private readonly factors: Factors,
  ) {
    this.delta = new DeltaMatrix(factors);
    this.rows = weight.rows;
    this.columns = weight.columns;
    this.costPerEntry = weight.costPerEntry + this.delta.costPerEntry;
    this.columnCost = weight.columnCost + this.delta.columnCost;
  }

  async cell(row: number, column: number, signal?: AbortSignal): Promise<CellValue> {
    const { value } = await this.weight.cell(row, column, signal);
    const sum = value + entryProducts(this.factors, row, column).sum;
    return { value: sum, text: String(sum), index: [row, column] };
  }

  scan(request: ScanRequest, visit: Visitor, signal?: AbortSignal): Promise<void> {
    return this.weight.scan(
      request,
      (block) => {
        const delta = new Float64Array(block.rowCount * block.columnCount);
        for (let i = 0; i < block.rowCount; i++) {
          addDeltaRow(
            this.factors,
            block.firstRow + i,
            block.firstColumn,
            delta,
            i * block.columnCount,
            block.columnCount,
          );
        }
        for (let i = 0; i < delta.length; i++) delta[i]! += block.values[i]!;
        const { firstRow, rowCount, firstColumn, columnCount } = block;
        return visit({ firstRow, rowCount, firstColumn, columnCount, values: delta });
      },
      signal,
    );
  }
}
