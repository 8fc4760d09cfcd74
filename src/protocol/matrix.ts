/**
 * How a view names a matrix and what it may ask about it. The same requests travel both hops (webview to host, host to
 * worker); on the second the host adds which source is meant (see worker.ts).
 */

import type { SummaryStatistics } from '../tensor/statistics';

/** `step` picks a recorded training step of the demo; without it, the last. */
export type MatrixRef =
  /**
   * A stored tensor, or one the demo made. 0-D and 1-D tensors are one row. Of a tensor of rank 3 and more, `slice`
   * indexes the leading dimensions and the last two are the matrix; by default every index is 0.
   */
  | {
      readonly kind: 'tensor';
      readonly name: string;
      readonly slice?: readonly number[];
      readonly step?: number;
      /** Rows for columns, of a 2-D tensor: AdapterHub stores its projections as (out, in). */
      readonly transposed?: boolean;
    }
  /** All entries of a tensor of any rank, the last dimension across. */
  | { readonly kind: 'entries'; readonly name: string }
  /**
   * One factor as the product takes it, A (rank, inFeatures) or B (outFeatures, rank), whatever layout the file stores:
   * for modules that are `reshaped`.
   */
  | { readonly kind: 'factor'; readonly module: string; readonly part: 'a' | 'b' }
  /** `scaling * B * A` of a LoRA module, (outFeatures, inFeatures), computed tile by tile. */
  | { readonly kind: 'delta'; readonly module: string; readonly step?: number }
  /** `W + scaling * B * A`, where the frozen weight is known. */
  | { readonly kind: 'merged'; readonly module: string; readonly step?: number }
  /** One layer's key or value prefix, (prefixLength, numHeads * dHead), whatever layout the file stores. */
  | {
      readonly kind: 'prefix';
      readonly module: string;
      readonly layer: number;
      readonly part: 'key' | 'value';
      readonly gradient?: boolean;
    };

/** How a block of cells becomes one: `maxAbs` keeps the sign of the entry of largest magnitude. */
export type Reduction = 'mean' | 'maxAbs' | 'min' | 'max';

/** Side of a tile in cells. At level l one cell of a tile stands for a block of 2^l x 2^l entries of the matrix. */
export const TILE_SIZE = 256;

export interface TileRequest {
  readonly matrix: MatrixRef;
  readonly level: number;
  /** Tile column and row: the tile covers entries from tileX * TILE_SIZE * 2^level on. */
  readonly tileX: number;
  readonly tileY: number;
  readonly reduction: Reduction;
  /** A sample of a few megabytes will do, to have something to show at once. */
  readonly quick?: boolean;
}

export interface Tile {
  /** Cells across and down; TILE_SIZE, or less at the right and bottom edge. */
  readonly width: number;
  readonly height: number;
  /** (height, width), row-major. NaN and infinities are kept. */
  readonly values: Float32Array;
  /** True where a large block was read only in part, so that its cells show a sample of their entries. */
  readonly sampled: boolean;
}

export interface CellRequest {
  readonly matrix: MatrixRef;
  readonly row: number;
  readonly column: number;
}

/** An entry to be looked for: one that is NaN or infinite, or the finite one of largest magnitude. */
export type Sought = 'nonNumber' | 'largest';

export interface FindRequest {
  readonly matrix: MatrixRef;
  readonly sought: Sought;
  /** Of several, the next one behind this place, row by row and on from the top; the first where it is left out. */
  readonly after?: EntryPlace;
}

export interface EntryPlace {
  readonly row: number;
  readonly column: number;
}

export interface LineSummary {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Euclidean norm. */
  readonly norm: number;
}

export interface Cell {
  /** The stored value in full precision, as its dtype holds it: '0.00123', 'NaN', '-9223372036854775808'. */
  readonly text: string;
  readonly value: number;
  /** 'BF16', 'F32', ...; 'computed' for a delta or merged matrix. */
  readonly dtype: string;
  /** Where the value stands in the tensor: one index per dimension. */
  readonly index: readonly number[];
  /** Of the entry's whole row and column; null where the line is too long to read for a hover. */
  readonly row: LineSummary | null;
  readonly column: LineSummary | null;
}

export interface Statistics extends SummaryStatistics {
  /** Counts in equal bins over [min, max] of the finite entries. */
  readonly histogram: Float64Array;
  /** |value| at these shares of the finite entries, for colour domains: 0.5, 0.9, 0.95, 0.99, 0.999. */
  readonly absQuantiles: Float64Array;
  /** True where a large matrix was sampled rather than read whole. */
  readonly sampled: boolean;
}

export const ABS_QUANTILE_SHARES: readonly number[] = [0.5, 0.9, 0.95, 0.99, 0.999];

/** The r products that sum to one entry of `scaling * B * A`. */
export interface DeltaProducts {
  /** Row `row` of B and column `column` of A, (rank). */
  readonly bRow: Float64Array;
  readonly aColumn: Float64Array;
  readonly scaling: number;
  /** scaling * bRow[k] * aColumn[k], (rank). */
  readonly products: Float64Array;
  readonly sum: number;
}

export interface Spectrum {
  /** Of `scaling * B * A`, descending, (rank): from the factors, never from the full matrix. */
  readonly singularValues: Float64Array;
  /** exp of the entropy of the normalised singular values (Roy and Vetterli 2007). */
  readonly effectiveRank: number;
  /** Frobenius norm squared over spectral norm squared. */
  readonly stableRank: number;
  readonly norm: number;
}

/** Measures by which the grid of layers x modules can be coloured. */
export type ModuleMetric = 'deltaNorm' | 'aNorm' | 'bNorm' | 'spectralNorm' | 'effectiveRank' | 'stableRank' | 'maxAbs';

/** Per LoRA module, in the order of `SourceDescription.lora`; NaN where it cannot be computed. */
export type ModuleMetrics = Readonly<Record<ModuleMetric, Float64Array>> & {
  /** Messages for modules that could not be read, by index. */
  readonly failures: readonly { readonly module: number; readonly message: string }[];
};

/** The summary of all entries of one tensor. */
export interface TensorSummary extends SummaryStatistics {
  /** Place in `SourceDescription.tensors`. */
  readonly index: number;
  /** Why the tensor could not be read; all else is then 0 or NaN. */
  readonly failure?: string;
}

export interface TensorScan {
  readonly rows: readonly TensorSummary[];
  /** Where to go on; null after the last tensor. */
  readonly next: number | null;
}

/** One row of `ModuleMetrics`, without metrics where the module could not be read. */
export interface MeasuredModule {
  readonly module: number;
  readonly metrics?: Readonly<Record<ModuleMetric, number>>;
  readonly failure?: string;
}

export type ExportFormat = 'csv' | 'npy';

/** What any view may ask about the matrices of the source it shows. */
export interface MatrixRequests {
  'tile/read'(params: TileRequest): Tile;
  'cell/read'(params: CellRequest): Cell;
  /** Where such an entry is; null where there is none. Reads as far as it must, and reports progress. */
  'cell/find'(params: FindRequest): EntryPlace | null;
  /** Reports progress. `whole` reads all of a matrix, however large; `quick` a megabyte of it. */
  'matrix/statistics'(params: {
    readonly matrix: MatrixRef;
    readonly whole?: boolean;
    readonly quick?: boolean;
  }): Statistics;
  /** Summaries of tensors from `first` on, as many as a moment allows; ask again with `next`. Reports entries read. */
  'tensors/scan'(params: { readonly first: number }): TensorScan;
  'lora/products'(params: {
    readonly module: string;
    readonly row: number;
    readonly column: number;
    readonly step?: number;
  }): DeltaProducts;
  'lora/spectrum'(params: { readonly module: string; readonly step?: number }): Spectrum;
  /** Reports progress, each time with the modules measured since, as `partial: readonly MeasuredModule[]`. */
  'lora/metrics'(params: Record<never, never>): ModuleMetrics;
}
