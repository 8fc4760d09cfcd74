/** A matrix that is read in pieces from a file, from memory, or as a product of factors. */

import type { Dtype, StoredType, Values } from '../checkpoint/dtypes';
import type { Engine } from '../tensor/engine/engine';

export interface RowRange {
  readonly first: number;
  readonly count: number;
}

export interface ScanRequest {
  /** Ascending and without overlaps. */
  readonly ranges: readonly RowRange[];
  readonly firstColumn: number;
  readonly columnCount: number;
}

export interface Block {
  /** Position in the matrix. A row that is too long for one piece comes in several blocks, from left to right. */
  readonly firstRow: number;
  readonly rowCount: number;
  readonly firstColumn: number;
  readonly columnCount: number;
  /** (rowCount, columnCount), row-major. Valid only until the visitor returns. */
  readonly values: Values;
  /** The stored bytes, except for quantised blocks: entry (i, j) is entry `first + i * rowStride + j` of `bytes`. */
  readonly stored?: {
    readonly dtype: Dtype;
    readonly bytes: Uint8Array;
    readonly first: number;
    readonly rowStride: number;
  };
}

export type Visitor = (block: Block) => void | Promise<void>;

/** Entries in the engine's memory: (i, j) is at address + i * strideBytes + j * (bytes of an entry). */
export interface ResidentBlock {
  readonly firstRow: number;
  readonly rowCount: number;
  readonly firstColumn: number;
  readonly columnCount: number;
  /** The address and the memory there are valid only until the visitor returns. */
  readonly address: number;
  readonly strideBytes: number;
}

/** Loads a matrix into the engine's memory without decoding it, in the same pieces as `scan`. */
export interface ResidentEntries {
  /** A dtype that the engine can read. */
  readonly dtype: string;
  /** Whether reading is as fast as from a local file, so that budgets can be larger. */
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
  /** The exact value of the dtype. */
  readonly text: string;
  /** Position in the tensor, one index per dimension. */
  readonly index: readonly number[];
}

export interface MatrixReader {
  readonly rows: number;
  readonly columns: number;
  /** 'computed' if the matrix is not stored. */
  readonly dtype: StoredType;
  /** Cost of reading an entry, in bytes of a file or computation that takes as long. Budgets use this unit. */
  readonly costPerEntry: number;
  /** Cost of reading one whole column. */
  readonly columnCost: number;
  /** Visits every requested entry once, row by row from the top. Checks the signal between blocks. */
  scan(request: ScanRequest, visit: Visitor, signal?: AbortSignal): Promise<void>;
  cell(row: number, column: number, signal?: AbortSignal): Promise<CellValue>;
  /** Missing or `null` if the engine cannot read the dtype. */
  readonly resident?: ResidentEntries | null;
  /** Means of blocks, as (height, width) cells, if the matrix can compute them without their entries. */
  meanTile?(block: BlockOfCells): Float32Array<ArrayBuffer>;
}

/** Entries [firstRow, firstRow + rows) x [firstColumn, firstColumn + columns), in square cells of side 2^level. */
export interface BlockOfCells {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstColumn: number;
  readonly columns: number;
  readonly level: number;
}

/** A request for the whole matrix. */
export function everything(matrix: MatrixReader): ScanRequest {
  return { ranges: [{ first: 0, count: matrix.rows }], firstColumn: 0, columnCount: matrix.columns };
}

/** The position of entry `offset` of a row-major tensor, one index per dimension. */
export function unravel(offset: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length);
  let rest = offset;
  for (let d = shape.length - 1; d >= 0; d--) {
    index[d] = rest % shape[d]!;
    rest = Math.floor(rest / shape[d]!);
  }
  return index;
}
