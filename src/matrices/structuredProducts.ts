/**
 * Products that are not stored as A and B: a bundle of its own, loaded with the first of them. LoKr and LoHa are shown by
 * their own factors, and their change is computed from these entry by entry: A and B are not written out.
 */

import { hadamardPairs, kroneckerPairs } from '../checkpoint/adapters/expandProduct';
import type { Matrix, Pair } from '../checkpoint/adapters/expandProduct';
import type { Product } from '../checkpoint/adapters/products';
import { addDeltaRow } from './deltaMatrix';
import type { Factors } from './factors';
import type { CellValue, MatrixReader, ScanRequest, Visitor } from './matrixReader';
import { Pacer } from '../checkpoint/pacer';

export { expandProduct } from '../checkpoint/adapters/expandProduct';

type Inputs = ReadonlyMap<string, Float64Array>;

/** Entries per block: a few milliseconds of work. */
const BLOCK_PRODUCTS = 2 ** 20;

/** W1 and W2 of a Kronecker product in full. */
export function kroneckerSides(product: Product, inputs: Inputs): readonly [Matrix, Matrix] {
  const { w1, w2 } = Object.fromEntries(['w1', 'w2'].map((name) => [name, inputs.get(name)]));
  const [first, second] = kroneckerPairs(product, inputs);
  return [whole(first, w1), whole(second, w2)];
}

function whole(pair: Pair, stored: Float64Array | undefined): Matrix {
  const { left, right } = pair;
  const size = { rows: left.rows, columns: right.columns };
  if (stored) return { ...size, data: stored };
  const data = new Float64Array(size.rows * size.columns);
  const factors = factorsOf(pair, 1);
  for (let i = 0; i < size.rows; i++) addDeltaRow(factors, i, 0, data, i * size.columns, size.columns);
  return { ...size, data };
}

/** Both sides of a Kronecker product as products of their own, for their spectra. */
export function kroneckerFactors(product: Product, inputs: Inputs): readonly [Factors, Factors] {
  const [first, second] = kroneckerPairs(product, inputs);
  return [factorsOf(first, 1), factorsOf(second, 1)];
}

function factorsOf({ left, right }: Pair, scaling: number): Factors {
  const { rows: rank, columns: inFeatures, data: a } = right;
  return { rank, inFeatures, outFeatures: left.rows, scaling, a, b: left.data };
}

/** The change of a LoKr or LoHa module, (outFeatures, inFeatures). */
export function structuredDelta(product: Product, scaling: number, inputs: Inputs): MatrixReader {
  if (product.recipe === 'kronecker') {
    const [w1, w2] = kroneckerSides(product, inputs);
    return new KroneckerMatrix(w1, w2, scaling);
  }
  const [first, second] = hadamardPairs(product, inputs);
  return new HadamardMatrix(factorsOf(first, scaling), factorsOf(second, 1));
}

abstract class ComputedMatrix implements MatrixReader {
  readonly dtype = 'computed';
  readonly columnCost: number;

  constructor(
    readonly rows: number,
    readonly columns: number,
    readonly costPerEntry: number,
  ) {
    this.columnCost = rows * costPerEntry;
  }

  /** Writes entries [firstColumn, firstColumn + count) of a row to `out` from `at` on. */
  protected abstract fill(row: number, firstColumn: number, count: number, out: Float64Array, at: number): void;

  async cell(row: number, column: number): Promise<CellValue> {
    const out = new Float64Array(1);
    this.fill(row, column, 1, out, 0);
    return { value: out[0]!, text: String(out[0]!), index: [row, column] };
  }

  async scan({ ranges, firstColumn, columnCount }: ScanRequest, visit: Visitor, signal?: AbortSignal): Promise<void> {
    const pacer = new Pacer(signal);
    const perRow = Math.max(1, columnCount * this.costPerEntry);
    const rowsAtOnce = Math.max(1, Math.floor(BLOCK_PRODUCTS / perRow));
    for (const { first, count } of ranges) {
      for (let firstRow = first; firstRow < first + count; firstRow += rowsAtOnce) {
        const rowCount = Math.min(rowsAtOnce, first + count - firstRow);
        const values = new Float64Array(rowCount * columnCount);
        for (let i = 0; i < rowCount; i++) this.fill(firstRow + i, firstColumn, columnCount, values, i * columnCount);
        await visit({ firstRow, rowCount, firstColumn, columnCount, values });
        await pacer.pause();
      }
    }
  }
}

/** scaling * W1 kron W2: entry (i, j) is W1[i / m, j / n] * W2[i % m, j % n] for W2 (m, n). */
class KroneckerMatrix extends ComputedMatrix {
  constructor(
    private readonly first: Matrix,
    private readonly second: Matrix,
    private readonly scaling: number,
  ) {
    super(first.rows * second.rows, first.columns * second.columns, 1);
  }

  protected fill(row: number, firstColumn: number, count: number, out: Float64Array, at: number): void {
    const { first, second, scaling } = this;
    const width = second.columns;
    const firstRow = Math.floor(row / second.rows) * first.columns;
    const secondRow = (row % second.rows) * width;
    for (let column = firstColumn; column < firstColumn + count;) {
      const block = Math.floor(column / width);
      const end = Math.min((block + 1) * width, firstColumn + count);
      const weight = scaling * first.data[firstRow + block]!;
      const from = secondRow - block * width;
      for (; column < end; column++) out[at++] = weight * second.data[from + column]!;
    }
  }
}

/** Number of multiplications that take as long as reading a byte: see `deltaMatrix`. */
const PRODUCTS_PER_BYTE = 4;

/** (W1a W1b) o (W2a W2b), where the first product carries the scaling. */
class HadamardMatrix extends ComputedMatrix {
  constructor(
    private readonly first: Factors,
    private readonly second: Factors,
  ) {
    super(first.outFeatures, first.inFeatures, Math.max(1, (first.rank + second.rank) / PRODUCTS_PER_BYTE));
  }

  protected fill(row: number, firstColumn: number, count: number, out: Float64Array, at: number): void {
    const other = new Float64Array(count);
    out.fill(0, at, at + count);
    addDeltaRow(this.first, row, firstColumn, out, at, count);
    addDeltaRow(this.second, row, firstColumn, other, 0, count);
    for (let j = 0; j < count; j++) out[at + j]! *= other[j]!;
  }
}
