/** A matrix whose values are in memory: the demo's tensors, and factors that were read whole. */

import type { StoredType, Values } from '../checkpoint/dtypes';
import type { MatrixLayout } from '../checkpoint/adapters/factorLayout';
import type { CellValue, MatrixReader, ScanRequest, Visitor } from './matrixReader';
import { Pacer } from '../checkpoint/pacer';

/** Number of entries per block: few enough that a cancel takes effect soon. */
const BLOCK_ENTRIES = 2 ** 18;

export class MemoryMatrix implements MatrixReader {
  readonly rows: number;
  readonly columns: number;
  /** Reading memory is about ten times faster than reading a file. */
  readonly costPerEntry = 0.1;
  readonly columnCost: number;

  constructor(
    private readonly values: Values,
    private readonly layout: MatrixLayout,
    readonly dtype: StoredType,
    /** The exact text of an entry and its position in the tensor. */
    private readonly cellAt: (row: number, column: number, signal?: AbortSignal) => Promise<CellValue>,
  ) {
    this.rows = layout.rows;
    this.columns = layout.columns;
    this.columnCost = layout.rows * this.costPerEntry;
  }

  cell(row: number, column: number, signal?: AbortSignal): Promise<CellValue> {
    return this.cellAt(row, column, signal);
  }

  async scan({ ranges, firstColumn, columnCount }: ScanRequest, visit: Visitor, signal?: AbortSignal): Promise<void> {
    const pacer = new Pacer(signal);
    const { offset, rowStride, columnStride } = this.layout;
    const rowsAtOnce = Math.max(1, Math.floor(BLOCK_ENTRIES / Math.max(1, columnCount)));
    for (const { first, count } of ranges) {
      for (let firstRow = first; firstRow < first + count; firstRow += rowsAtOnce) {
        const rowCount = Math.min(rowsAtOnce, first + count - firstRow);
        const values =
          this.values instanceof Float64Array
            ? new Float64Array(rowCount * columnCount)
            : new Float32Array(rowCount * columnCount);
        for (let i = 0, out = 0; i < rowCount; i++) {
          let at = offset + (firstRow + i) * rowStride + firstColumn * columnStride;
          for (let j = 0; j < columnCount; j++, at += columnStride) values[out++] = this.values[at]!;
        }
        await visit({ firstRow, rowCount, firstColumn, columnCount, values });
        await pacer.pause();
      }
    }
  }
}
