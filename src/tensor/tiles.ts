/**
 * Reduces a block of a matrix to the cells of a heatmap tile.
 *
 * At level l a cell covers 2^l x 2^l entries. `mean` is their mean, `maxAbs` the entry of largest magnitude with its
 * sign, `min` and `max` the smallest and largest entry. A NaN makes its cell NaN, and with `mean` and `maxAbs` an
 * infinity makes it infinite, so that damage is visible at every level. Rows may arrive in any order, and some may be
 * missing; a cell then covers the rows that arrived.
 */

export type TileReduction = 'mean' | 'maxAbs' | 'min' | 'max';

export class TileReducer {
  /** Size of the tile in cells, (height, width). */
  readonly width: number;
  readonly height: number;
  private readonly cells: Float64Array;
  private readonly counts: Float64Array;
  private readonly side: number;

  /** Creates the reducer for a block of `rows` x `columns` entries at `level`. */
  constructor(
    rows: number,
    private readonly columns: number,
    level: number,
    private readonly reduction: TileReduction,
  ) {
    this.side = 2 ** level;
    this.width = Math.ceil(columns / this.side);
    this.height = Math.ceil(rows / this.side);
    this.cells = new Float64Array(this.width * this.height);
    this.counts = new Float64Array(this.width * this.height);
    if (reduction === 'min') this.cells.fill(Infinity);
    if (reduction === 'max') this.cells.fill(-Infinity);
  }

  /** Adds part of the block: `values` is (rowCount, columnCount), row-major, and starts at (firstRow, firstColumn). */
  addRows(
    firstRow: number,
    rowCount: number,
    values: ArrayLike<number>,
    firstColumn = 0,
    columnCount = this.columns,
  ): void {
    for (let row = 0; row < rowCount; row++) {
      const cellRow = Math.floor((firstRow + row) / this.side) * this.width;
      const at = row * columnCount;
      if (this.side === 1) {
        this.copyRow(cellRow + firstColumn, values, at, columnCount);
        continue;
      }
      for (let start = 0; start < columnCount;) {
        const column = firstColumn + start;
        const cell = Math.floor(column / this.side);
        const end = Math.min((cell + 1) * this.side - firstColumn, columnCount);
        if (this.reduction === 'mean') this.addToMean(cellRow + cell, values, at + start, at + end);
        else if (this.reduction === 'maxAbs') this.addToLargest(cellRow + cell, values, at + start, at + end);
        else this.addToBound(cellRow + cell, values, at + start, at + end);
        start = end;
      }
    }
  }

  /** Level 0 copies the stored values, including -0. */
  private copyRow(cell: number, values: ArrayLike<number>, at: number, count: number): void {
    for (let i = 0; i < count; i++) this.cells[cell + i] = values[at + i]!;
    this.counts.fill(1, cell, cell + count);
  }

  private addToMean(cell: number, values: ArrayLike<number>, start: number, end: number): void {
    let sum = 0;
    for (let i = start; i < end; i++) sum += values[i]!;
    this.cells[cell]! += sum;
    this.counts[cell]! += end - start;
  }

  private addToLargest(cell: number, values: ArrayLike<number>, start: number, end: number): void {
    let best = this.cells[cell]!;
    let magnitude = Math.abs(best);
    for (let i = start; i < end; i++) {
      const x = values[i]!;
      // NaN fails every comparison, so this form accepts the first NaN and then keeps it.
      if (!(Math.abs(x) <= magnitude) && magnitude === magnitude) {
        best = x;
        magnitude = Math.abs(x);
      }
    }
    this.cells[cell] = best;
    this.counts[cell]! += end - start;
  }

  private addToBound(cell: number, values: ArrayLike<number>, start: number, end: number): void {
    // Math.min and Math.max keep a NaN.
    const pick = this.reduction === 'min' ? Math.min : Math.max;
    let bound = this.cells[cell]!;
    for (let i = start; i < end; i++) bound = pick(bound, values[i]!);
    this.cells[cell] = bound;
    this.counts[cell]! += end - start;
  }

  /** (height, width), row-major. NaN in cells that received no entry. */
  finish(): Float32Array<ArrayBuffer> {
    const out = new Float32Array(this.cells.length);
    const divide = this.reduction === 'mean';
    for (let i = 0; i < out.length; i++) {
      const count = this.counts[i]!;
      out[i] = count === 0 ? NaN : divide ? this.cells[i]! / count : this.cells[i]!;
    }
    return out;
  }
}
