/**
 * Reduces a matrix, or part of it, to the cells of a heatmap, from its bytes as stored in the file.
 *
 * Cell (i, j) covers rows rowBounds[i] to rowBounds[i + 1] and columns columnBounds[j] to columnBounds[j + 1]. A NaN in
 * a block makes its cell NaN and an infinity makes it infinite. `maxAbs` keeps the sign of the entry of largest
 * magnitude; a tie between +x and -x gives +x in any order.
 */

import { ArgumentError } from '../errors';
import type { Call } from './crew';
import type { EngineDtype } from './dtypes';
import { engineDtype } from './dtypes';
import type { Engine } from './engine';
import { OWN_SCRATCH } from './jobTable';
import type { ResidentArray } from './resident';
import { scanOperation } from './thread';

export type CellReduction = 'maxAbs' | 'mean' | 'min' | 'max';

/** The order of kernels/pool.ts. */
const MODES: readonly CellReduction[] = ['maxAbs', 'mean', 'min', 'max'];
/** Columns reduced at a time. Nine rows of float32 of this length fit the scratch memory of a thread (8 MB). */
const MAX_COLUMNS = 131072;
/** Bytes from which rows are shared among threads. */
const SHARE_BYTES = 2 ** 20;

/** Bounds of the cells of level l: every 2^l entries, and the end. */
export function levelBounds(length: number, level: number): Int32Array {
  const side = 2 ** level;
  return Int32Array.from({ length: Math.ceil(length / side) + 1 }, (_, i) => Math.min(i * side, length));
}

/** Bounds that divide `length` entries among `cells` as evenly as possible. */
export function evenBounds(length: number, cells: number): Int32Array {
  return Int32Array.from({ length: cells + 1 }, (_, i) => Math.floor((i * length) / cells));
}

/** A run of cells, or part of one cell, whose columns fit the scratch memory. */
interface Strip {
  /** First cell, and the number of cells. */
  readonly cell: number;
  readonly width: number;
  /** Position of its bounds in the list of all bounds. */
  readonly edges: number;
  /** First column, and the number of columns. */
  readonly start: number;
  readonly columns: number;
}

/** The strips, almost always one, and the bounds: those of whole cells first, then those of parts of cells. */
function cutStrips(bounds: Int32Array): { strips: Strip[]; edges: Int32Array } {
  const strips: Strip[] = [];
  const parts: number[] = [];
  const width = bounds.length - 1;
  for (let cell = 0; cell < width;) {
    const start = bounds[cell]!;
    let last = cell + 1;
    while (last < width && bounds[last + 1]! - start <= MAX_COLUMNS) last++;
    const end = bounds[last]!;
    if (end - start <= MAX_COLUMNS) strips.push({ cell, width: last - cell, edges: cell, start, columns: end - start });
    for (let at = start; end - start > MAX_COLUMNS && at < end; at += MAX_COLUMNS) {
      const to = Math.min(at + MAX_COLUMNS, end);
      strips.push({ cell, width: 1, edges: bounds.length + parts.length, start: at, columns: to - at });
      parts.push(at, to);
    }
    cell = last;
  }
  return { strips, edges: Int32Array.from([...bounds, ...parts]) };
}

export class TileScan {
  readonly height: number;
  readonly width: number;
  private readonly dtype: EngineDtype;
  private readonly mode: number;
  private readonly cells: ResidentArray;
  private readonly cellBytes: number;
  private readonly lookup: ResidentArray | null;
  private readonly rowEdges: ResidentArray;
  private readonly columnEdges: ResidentArray;
  private readonly strips: readonly Strip[];
  private readonly rowsCame: Float64Array;

  constructor(
    private readonly engine: Engine,
    dtype: string,
    reduction: CellReduction,
    private readonly rowBounds: Int32Array,
    columnBounds: Int32Array,
  ) {
    this.dtype = engineDtype(dtype);
    this.mode = MODES.indexOf(reduction);
    this.height = rowBounds.length - 1;
    this.width = columnBounds.length - 1;
    if (this.height < 0 || this.width < 0) throw new ArgumentError('TileScan', 'bounds of at least one entry', 'none');
    this.cellBytes = reduction === 'mean' ? 8 : 4;
    this.cells = engine.allocate((this.height * this.width * this.cellBytes) / 4);
    engine.kernels.scan.clearCells(this.mode, this.cells.address, this.height * this.width);
    this.lookup = this.dtype.bytes === 1 ? engine.keep(Float32Array.from(this.dtype.values!)) : null;
    this.rowEdges = this.keepEdges(rowBounds);
    const { strips, edges } = cutStrips(columnBounds);
    this.strips = strips;
    this.columnEdges = this.keepEdges(edges);
    this.rowsCame = new Float64Array(this.height);
  }

  private keepEdges(bounds: Int32Array): ResidentArray {
    const kept = this.engine.allocate(bounds.length);
    this.engine.arena.int32(kept.address, bounds.length).set(bounds);
    return kept;
  }

  /**
   * Adds rows from `firstRow` on, stored at `address`, `strideBytes` apart, column 0 first. Rows may arrive in any
   * order, each once. A cell covers the rows that arrived.
   */
  addRows(firstRow: number, rows: number, address: number, strideBytes: number): void {
    const first = this.cellRowOf(firstRow);
    const last = this.cellRowOf(firstRow + rows - 1) + 1;
    const parts = rows * strideBytes < SHARE_BYTES ? 1 : this.engine.threads;
    const share = Math.max(1, Math.ceil((last - first) / parts));
    for (const strip of this.strips) {
      const calls: Call[] = [];
      for (let cell = first; cell < last; cell += share) {
        calls.push(this.call(firstRow, rows, address, strideBytes, [cell, Math.min(cell + share, last)], strip));
      }
      // Strips run one after another, because two of them may be parts of one cell.
      this.engine.crew.run(calls, this.engine.scratch);
    }
    for (let i = first; i < last; i++) {
      const start = Math.max(this.rowBounds[i]!, firstRow);
      this.rowsCame[i]! += Math.min(this.rowBounds[i + 1]!, firstRow + rows) - start;
    }
  }

  /** One call of poolRows, for one strip and some rows of cells. */
  private call(
    firstRow: number,
    rows: number,
    address: number,
    stride: number,
    [firstCell, lastCell]: readonly [number, number],
    { cell, width, edges, start, columns }: Strip,
  ): Call {
    const args = [
      this.mode,
      this.dtype.kind,
      address + start * this.dtype.bytes,
      stride,
      firstRow,
      rows,
      columns,
      this.rowEdges.address,
      firstCell,
      lastCell,
      this.columnEdges.address + 4 * edges,
      width,
      this.cells.address + cell * this.cellBytes,
      this.width * this.cellBytes,
      this.lookup?.address ?? 0,
      OWN_SCRATCH,
    ];
    return { operation: scanOperation('poolRows'), args };
  }

  private cellRowOf(row: number): number {
    let [low, high] = [0, this.height - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rowBounds[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** (height, width) cells in the engine's memory, NaN where no row arrived. Frees everything else. */
  finish(): ResidentArray {
    const out = this.engine.allocate(this.height * this.width);
    for (let i = 0; i < this.height; i++) {
      const to = out.address + 4 * i * this.width;
      if (this.rowsCame[i] === 0) out.data.fill(NaN, i * this.width, (i + 1) * this.width);
      else this.finishRow(i, to);
    }
    this.free();
    return out;
  }

  private finishRow(i: number, to: number): void {
    const from = this.cells.address + i * this.width * this.cellBytes;
    this.engine.kernels.scan.finishCells(this.mode, from, this.columnEdges.address, this.width, this.rowsCame[i]!, to);
  }

  free(): void {
    for (const block of [this.cells, this.rowEdges, this.columnEdges, this.lookup]) block?.free();
  }
}
