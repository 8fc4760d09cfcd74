/**
 * The norm of LoHa's (W1a W1b) o (W2a W2b), computed in blocks of rows: both products of a block are made, and the
 * squares of their entries' products are summed. The product is never held whole.
 */

import { blockedGemm } from '../tensor/blockedGemm';
import { currentEngine } from '../tensor/engine/current';
import { transposed } from './gramMatrix';
import type { DenseMatrix } from './gramMatrix';

/** Entries per block of one product: 512 KiB in float32, so that both blocks stay in a core's cache. */
const BLOCK_ENTRIES = 2 ** 17;

/** One of the two products. In the Tucker form, `left` is (rank, out) and the kernel (rank, rank, size) stands between. */
interface HadamardSide {
  readonly left: DenseMatrix;
  readonly right: DenseMatrix;
  readonly kernel: DenseMatrix | null;
}

/** Throws nothing; NaN if a factor holds NaN or infinities. */
export function hadamardNorm(first: HadamardSide, second: HadamardSide): number {
  const sides = [plainSide(first), plainSide(second)] as const;
  const factors = [sides[0].left, sides[0].right, sides[1].left, sides[1].right];
  const sizes = factors.map(({ data }) => largest(data));
  if (sizes.some((size) => !Number.isFinite(size))) return NaN;
  if (sizes.some((size) => size === 0)) return 0;
  // Factors of at most 1 keep the products within the range of float32.
  const units = factors.map((factor, i) => unit(factor, sizes[i]!));
  const scale = sizes.reduce((product, size) => product * size, 1);
  return scale * Math.sqrt(sumOfBlocks(units, sides[0].left.rows, sides[0].right.columns));
}

/** The sum of all squared entries of (L1 R1) o (L2 R2), for the factors L1 (rows, rank), R1 (rank, columns), L2, R2. */
function sumOfBlocks(units: readonly Float32Array[], rows: number, columns: number): number {
  const [left1, right1, left2, right2] = units as [Float32Array, Float32Array, Float32Array, Float32Array];
  const rowsAtOnce = Math.max(1, Math.min(rows, Math.floor(BLOCK_ENTRIES / columns)));
  const first = blockProduct(left1, right1, columns, rowsAtOnce);
  const second = blockProduct(left2, right2, columns, rowsAtOnce);
  let sum = 0;
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    first.multiply(row, count);
    second.multiply(row, count);
    sum += sumOfSquares(first.entries(), second.entries(), count * columns);
  }
  first.free();
  second.free();
  return sum;
}

/** Some rows of a product at a time. */
interface BlockProduct {
  multiply(row: number, count: number): void;
  /** The rows of the last call, row-major. */
  entries(): Float32Array;
  free(): void;
}

function blockProduct(left: Float32Array, right: Float32Array, columns: number, rowsAtOnce: number): BlockProduct {
  const rank = right.length / columns;
  const engine = currentEngine();
  if (!engine) {
    const out = new Float32Array(rowsAtOnce * columns);
    return {
      multiply: (row, count) => {
        const rows = left.subarray(row * rank, (row + count) * rank);
        blockedGemm('NN', count, columns, rank, rows, right, out.subarray(0, count * columns));
      },
      entries: () => out,
      free: () => undefined,
    };
  }
  const unpacked = engine.keep(right);
  const packed = engine.pack('NN', columns, rank, unpacked.address);
  unpacked.free();
  const a = engine.keep(left);
  const out = engine.allocate(rowsAtOnce * columns);
  return {
    multiply: (row, count) => {
      const address = a.address + 4 * row * rank;
      engine.multiply({ layout: 'NN', m: count, n: columns, k: rank, a: address, b: packed, out: out.address });
    },
    entries: () => out.data,
    free: () => [packed, a, out].forEach((held) => held.free()),
  };
}

function sumOfSquares(first: Float32Array, second: Float32Array, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const entry = first[i]! * second[i]!;
    sum += entry * entry;
  }
  return sum;
}

/** The Tucker form with its kernel multiplied into the right factor: left (out, rank), right (rank, in * size). */
function plainSide({ left, right, kernel }: HadamardSide): { readonly left: DenseMatrix; readonly right: DenseMatrix } {
  if (!kernel) return { left, right };
  const size = kernel.columns / right.rows;
  const columns = right.columns * size;
  const data = new Float64Array(kernel.rows * columns);
  for (let p = 0; p < kernel.rows; p++) {
    for (let q = 0; q < right.rows; q++) {
      for (let j = 0; j < right.columns; j++) {
        const value = right.data[q * right.columns + j]!;
        const at = p * columns + j * size;
        const from = p * kernel.columns + q * size;
        for (let k = 0; k < size; k++) data[at + k]! += value * kernel.data[from + k]!;
      }
    }
  }
  return { left: transposed(left), right: { rows: kernel.rows, columns, data } };
}

/** NaN if an entry is NaN. */
function largest(values: Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (!(size <= most)) most = size;
    if (Number.isNaN(most)) return NaN;
  }
  return most;
}

function unit({ data }: DenseMatrix, size: number): Float32Array {
  const scaled = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) scaled[i] = data[i]! / size;
  return scaled;
}
