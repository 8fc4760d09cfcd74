/** A matrix that is read in pieces, wherever its values come from: a file, memory, or a product of factors. */

import type { Dtype, StoredType, Values } from '../checkpoint/dtypes';
import type { Engine } from '../tensor/engine/engine';

export interface RowRange {
  readonly first: number;
  readonly count: number;
}

export interface ScanRequest {
  /** Ascending, without overlap. */
  readonly ranges: readonly RowRange[];
  readonly firstColumn: number;
  readonly columnCount: number;
}

export interface Block {
  /** Of the matrix; a row too long for one piece comes in several, from left to right, one row at a time. */
  readonly firstRow: number;
  readonly rowCount: number;
  readonly firstColumn: number;
  readonly columnCount: number;
  /** (rowCount, columnCount), row-major; valid only until the visitor returns. */
  readonly values: Values;
  /** The bytes behind the values, but for quantised blocks: entry (i, j) is entry `first + i * rowStride + j` of `bytes`. */
  readonly stored?: {
    readonly dtype: Dtype;
    readonly bytes: Uint8Array;
    readonly first: number;
    readonly rowStride: number;
  };
}

export type Visitor = (block: Block) => void | Promise<void>;

/** Entries in the engine's memory: (i, j) at address + i * strideBytes + j * (bytes of an entry). */
export interface ResidentBlock {
  readonly firstRow: number;
  readonly rowCount: number;
  readonly firstColumn: number;
  readonly columnCount: number;
  /** Valid, like what lies there, only until the visitor returns. */
  readonly address: number;
  readonly strideBytes: number;
}

/** How a matrix comes into the engine's memory, in the same pieces as by `scan`, without being decoded first. */
export interface ResidentEntries {
  /** One that the engine reads. */
  readonly dtype: string;
  /** Whether its bytes come at the speed of a local file, so that much can be read at a time. */
  readonly fast: boolean;
  scan(
    engine: Engine,
    request: ScanRequest,
    visit: (block: ResidentBlock) => void,
    signal?: AbortSignal,
  ): Promise<void>;
}

export interface CellValue {
  readonly value: number;
  /** Exact, as the dtype holds it. */
  readonly text: string;
  /** Where it stands in the tensor, one index per dimension. */
  readonly index: readonly number[];
}

export interface MatrixReader {
  readonly rows: number;
  readonly columns: number;
  /** 'computed' where the matrix is stored nowhere. */
  readonly dtype: StoredType;
  /** What reading costs, in bytes from a file or computation that takes as long: budgets count in it. */
  readonly costPerEntry: number;
  /** Of reading one whole column. */
  readonly columnCost: number;
  /** Visits every entry asked for once, row by row from the top. The signal is looked at between blocks. */
  scan(request: ScanRequest, visit: Visitor, signal?: AbortSignal): Promise<void>;
  cell(row: number, column: number, signal?: AbortSignal): Promise<CellValue>;
  /** Missing or null where the engine does not read the dtype. */
  readonly resident?: ResidentEntries | null;
  /** Means of blocks without their entries, where the matrix has a shorter way: (height, width) of cells. */
  meanTile?(block: BlockOfCells): Float32Array<ArrayBuffer>;
}

/** Entries [firstRow, firstRow + rows) x [firstColumn, firstColumn + columns), in cells of side 2^level. */
export interface BlockOfCells {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstColumn: number;
  readonly columns: number;
  readonly level: number;
}

/** All of a matrix. */
export function everything(matrix: MatrixReader): ScanRequest {
  return { ranges: [{ first: 0, count: matrix.rows }], firstColumn: 0, columnCount: matrix.columns };
}

/** Where entry `offset` of a row-major tensor stands: one index per dimension. */
export function unravel(offset: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length);
  let rest = offset;
  for (let d = shape.length - 1; d >= 0; d--) {
    index[d] = rest % shape[d]!;
    rest = Math.floor(rest / shape[d]!);
  }
  return index;
}
