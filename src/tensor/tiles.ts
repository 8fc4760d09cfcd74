/**
 * Reduces a block of a matrix to the cells of a heatmap tile.
 *
 * At level l a cell stands for 2^l x 2^l entries. `mean` is their mean; `maxAbs` is the entry of largest magnitude with
 * its sign. A NaN makes its cell NaN and an infinity makes it infinite, whatever else is in the block: a fault must be
 * seen from afar. Rows may come in any order and some may be left out; a cell then shows those that came.
 */

export type TileReduction = 'mean' | 'maxAbs';

export class TileReducer {
  /** (height, width) of cells. */
  readonly width: number;
  readonly height: number;
  private readonly cells: Float64Array;
  private readonly counts: Float64Array;
  private readonly side: number;

  /** For a block of `rows` x `columns` entries at `level`. */
  constructor(
    rows: number,
    private readonly columns: number,
    private readonly level: number,
    private readonly reduction: TileReduction,
  ) {
    this.side = 2 ** level;
    this.width = Math.ceil(columns / this.side);
    this.height = Math.ceil(rows / this.side);
    this.cells = new Float64Array(this.width * this.height);
    this.counts = new Float64Array(this.width * this.height);
  }

  /** Takes in whole rows of the block: `values` is (rowCount, columns), row-major, from `firstRow` on. */
  addRows(firstRow: number, rowCount: number, values: ArrayLike<number>): void {
    for (let row = 0; row < rowCount; row++) {
      const cellRow = Math.floor((firstRow + row) / this.side) * this.width;
      if (this.level === 0) this.copyRow(cellRow, values, row * this.columns);
      else if (this.reduction === 'mean') this.addToMeans(cellRow, values, row * this.columns);
      else this.addToExtremes(cellRow, values, row * this.columns);
    }
  }

  private copyRow(cell: number, values: ArrayLike<number>, at: number): void {
    for (let c = 0; c < this.columns; c++) {
      this.cells[cell + c] = values[at + c]!;
      this.counts[cell + c] = 1;
    }
  }

  private addToMeans(cellRow: number, values: ArrayLike<number>, at: number): void {
    const { cells, counts, columns, side } = this;
    for (let start = 0, cell = cellRow; start < columns; start += side, cell++) {
      const end = Math.min(start + side, columns);
      let sum = 0;
      for (let c = start; c < end; c++) sum += values[at + c]!;
      cells[cell]! += sum;
      counts[cell]! += end - start;
    }
  }

  private addToExtremes(cellRow: number, values: ArrayLike<number>, at: number): void {
    const { cells, counts, columns, side } = this;
    for (let start = 0, cell = cellRow; start < columns; start += side, cell++) {
      const end = Math.min(start + side, columns);
      let best = cells[cell]!;
      let magnitude = Math.abs(best);
      for (let c = start; c < end; c++) {
        const x = values[at + c]!;
        // Written so that a NaN, for which every comparison fails, is taken, and once taken is kept.
        if (!(Math.abs(x) <= magnitude) && magnitude === magnitude) {
          best = x;
          magnitude = Math.abs(x);
        }
      }
      cells[cell] = best;
      counts[cell]! += end - start;
    }
  }

  /** (height, width), row-major; NaN in cells of which no entry came. */
  finish(): Float32Array<ArrayBuffer> {
    const out = new Float32Array(this.cells.length);
    const divide = this.reduction === 'mean' && this.level > 0;
    for (let i = 0; i < out.length; i++) {
      const count = this.counts[i]!;
      out[i] = count === 0 ? NaN : divide ? this.cells[i]! / count : this.cells[i]!;
    }
    return out;
  }
}
