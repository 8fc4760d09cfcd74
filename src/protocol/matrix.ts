/**
 * How a view refers to a matrix, and the requests it can make about it. The same requests go from webview to host and
 * from host to worker; on the second hop the host adds the source (see worker.ts).
 */

import type { StructureFactor } from '../checkpoint/sourceDescription';
import type { MethodOverview } from './methodOverview';
import type { SummaryStatistics } from '../tensor/statistics';

/** `step` selects a recorded training step of the demo; the default is the last one. */
export type MatrixRef =
  /**
   * A stored tensor, or one that the demo made. 0-D and 1-D tensors are one row. For a tensor with three or more
   * dimensions the last two are the matrix, and `slice` indexes the others; every index is 0 by default.
   */
  | {
      readonly kind: 'tensor';
      readonly name: string;
      readonly slice?: readonly number[];
      readonly step?: number;
      /** Swaps rows and columns of a 2-D tensor: AdapterHub stores its projections as (out, in). */
      readonly transposed?: boolean;
    }
  /** All entries of a tensor of any rank. The last dimension runs across. */
  | { readonly kind: 'entries'; readonly name: string }
  /**
   * One factor as the product takes it, A (rank, inFeatures) or B (outFeatures, rank), independent of the layout in the
   * file. For modules that are `reshaped`. The other parts are those of a module with a `structure`, in its sizes.
   */
  | { readonly kind: 'factor'; readonly module: string; readonly part: 'a' | 'b' | StructureFactor['part'] }
  /** `scaling * B * A` of a LoRA module, (outFeatures, inFeatures), computed tile by tile. */
  | { readonly kind: 'delta'; readonly module: string; readonly step?: number }
  /** `W + scaling * B * A`, if the frozen weight is known. */
  | { readonly kind: 'merged'; readonly module: string; readonly step?: number }
  /** Cosines between the tokens of a soft prompt, (promptLength, promptLength), by the name of its tensor. */
  | { readonly kind: 'similarity'; readonly prompt: string; readonly step?: number }
  /** One layer's key or value prefix, (prefixLength, numHeads * dHead), independent of the layout in the file. */
  | {
      readonly kind: 'prefix';
      readonly module: string;
      readonly layer: number;
      readonly part: 'key' | 'value';
      readonly gradient?: boolean;
      readonly step?: number;
    };

/** How a block of entries becomes one cell. `maxAbs` takes the entry of largest magnitude with its sign. */
export type Reduction = 'mean' | 'maxAbs' | 'min' | 'max';

/** Side of a tile in cells. At level l one cell of a tile covers a block of 2^l x 2^l entries. */
export const TILE_SIZE = 256;

export interface TileRequest {
  readonly matrix: MatrixRef;
  readonly level: number;
  /** Tile column and row. The tile starts at entry tileX * TILE_SIZE * 2^level. */
  readonly tileX: number;
  readonly tileY: number;
  readonly reduction: Reduction;
  /** Reads only a sample of a few megabytes, so that a first picture appears at once. */
  readonly quick?: boolean;
}

export interface Tile {
  /** Cells across and down: TILE_SIZE, or fewer at the right and bottom edges. */
  readonly width: number;
  readonly height: number;
  /** (height, width), row-major. NaN and infinities are kept. */
  readonly values: Float32Array;
  /** True if a large block was only sampled, so that its cells show a part of their entries. */
  readonly sampled: boolean;
}

export interface CellRequest {
  readonly matrix: MatrixRef;
  readonly row: number;
  readonly column: number;
}

/** What to search for: an entry that is NaN or infinite, or the finite entry of largest magnitude. */
export type Sought = 'nonNumber' | 'largest';

export interface FindRequest {
  readonly matrix: MatrixRef;
  readonly sought: Sought;
  /** Finds the next match after this place, row by row, and continues at the top. Without it, finds the first match. */
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
  /** The position of the value in the tensor: one index per dimension. */
  readonly index: readonly number[];
  /** Summaries of the entry's row and column; `null` if the line is too long to read for a hover. */
  readonly row: LineSummary | null;
  readonly column: LineSummary | null;
}

export interface Statistics extends SummaryStatistics {
  /** Counts in equal bins over [min, max] of the finite entries. */
  readonly histogram: Float64Array;
  /** |value| at these shares of the finite entries, for colour domains: 0.5, 0.9, 0.95, 0.99, 0.999. */
  readonly absQuantiles: Float64Array;
  /** True if a large matrix was sampled instead of read completely. */
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
  /** Singular values of `scaling * B * A`, descending, (rank). They come from the factors, never from the product. */
  readonly singularValues: Float64Array;
  /** exp of the entropy of the normalised singular values (Roy and Vetterli 2007). */
  readonly effectiveRank: number;
  /** Frobenius norm squared over spectral norm squared. */
  readonly stableRank: number;
  readonly norm: number;
}

/** The measures that can colour the grid of layers x modules. */
export type ModuleMetric = 'deltaNorm' | 'aNorm' | 'bNorm' | 'spectralNorm' | 'effectiveRank' | 'stableRank' | 'maxAbs';

/** One value per LoRA module, in the order of `SourceDescription.lora`; NaN if it cannot be computed. */
export type ModuleMetrics = Readonly<Record<ModuleMetric, Float64Array>> & {
  /** Errors of modules that could not be read, by index. */
  readonly failures: readonly { readonly module: number; readonly message: string }[];
};

/** The summary of all entries of one tensor. */
export interface TensorSummary extends SummaryStatistics {
  /** Index in `SourceDescription.tensors`. */
  readonly index: number;
  /** Why the tensor could not be read. All other fields are then 0 or NaN. */
  readonly failure?: string;
}

export interface TensorScan {
  readonly rows: readonly TensorSummary[];
  /** The index to continue at; `null` after the last tensor. */
  readonly next: number | null;
}

/** One row of `ModuleMetrics`, without metrics if the module could not be read. */
export interface MeasuredModule {
  readonly module: number;
  readonly metrics?: Readonly<Record<ModuleMetric, number>>;
  readonly failure?: string;
}

export type ExportFormat = 'csv' | 'npy';

/** The requests that any view can make about the matrices of its source. */
export interface MatrixRequests {
  'tile/read'(params: TileRequest): Tile;
  'cell/read'(params: CellRequest): Cell;
  /** The position of a matching entry; `null` if there is none. Reads until it finds one, and reports progress. */
  'cell/find'(params: FindRequest): EntryPlace | null;
  /** Reports progress. `whole` reads the complete matrix, `quick` reads a megabyte of it. */
  'matrix/statistics'(params: {
    readonly matrix: MatrixRef;
    readonly whole?: boolean;
    readonly quick?: boolean;
  }): Statistics;
  /** Summarises tensors from `first` on for a short time. Continue with `next`. Reports the number of entries read. */
  'tensors/scan'(params: { readonly first: number }): TensorScan;
  'lora/products'(params: {
    readonly module: string;
    readonly row: number;
    readonly column: number;
    readonly step?: number;
  }): DeltaProducts;
  'lora/spectrum'(params: { readonly module: string; readonly step?: number }): Spectrum;
  /** Each progress report holds the modules measured since the last one, as `partial: readonly MeasuredModule[]`. */
  'lora/metrics'(params: Record<never, never>): ModuleMetrics;
  /** Measures the modules of other methods. Reports progress. */
  'methods/overview'(params: Record<never, never>): MethodOverview;
}
