/**
 * The matrix product in cache-sized blocks, after Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication" (2008). Blocks of both operands are packed in the order in which the innermost loop reads them, and
 * that loop keeps a 4 x 4 tile of the result in local variables.
 *
 * Packing also converts to double, once per block instead of once per multiplication. Sums within a block are in
 * double.
 *
 * Left out: SIMD and threads, which JavaScript does not have.
 */

import type { Gemm, GemmLayout } from './gemm';

/** Side of the tile that the innermost loop keeps in variables. The loop is unrolled for 4. */
const TILE = 4;
/**
 * Depth of a block: 4 columns x 256 doubles are 8 KB, which fit the first-level cache together with the other strip.
 */
const DEPTH_BLOCK = 256;
/** Columns per block of b: 256 x 128 doubles are 256 KB, half of a typical second-level cache. */
const COLUMN_BLOCK = 128;

export const blockedGemm: Gemm = (layout, m, n, k, a, b, out) => {
  if (k === 0) out.fill(0);
  const depth = Math.min(k, DEPTH_BLOCK);
  const packedA = new Float64Array(TILE * depth);
  const packedB = new Float64Array(roundUp(Math.min(n, COLUMN_BLOCK)) * depth);
  const tile = new Float64Array(TILE * TILE);
  for (let j0 = 0; j0 < n; j0 += COLUMN_BLOCK) {
    const columns = Math.min(COLUMN_BLOCK, n - j0);
    for (let p0 = 0; p0 < k; p0 += DEPTH_BLOCK) {
      const block = Math.min(DEPTH_BLOCK, k - p0);
      packB(layout, n, k, b, packedB, p0, block, j0, columns);
      for (let i0 = 0; i0 < m; i0 += TILE) {
        const rows = Math.min(TILE, m - i0);
        packA(layout, m, k, a, packedA, p0, block, i0, rows);
        for (let j = 0; j < columns; j += TILE) {
          multiplyTile(packedA, packedB, j * block, block, tile);
          storeTile(tile, out, n, i0, rows, j0 + j, Math.min(TILE, columns - j), p0 > 0);
        }
      }
    }
  }
};

/** tile = (4, block)·(block, 4), both packed depth first. */
function multiplyTile(a: Float64Array, b: Float64Array, offsetB: number, block: number, tile: Float64Array): void {
  let c00 = 0,
    c01 = 0,
    c02 = 0,
    c03 = 0;
  let c10 = 0,
    c11 = 0,
    c12 = 0,
    c13 = 0;
  let c20 = 0,
    c21 = 0,
    c22 = 0,
    c23 = 0;
  let c30 = 0,
    c31 = 0,
    c32 = 0,
    c33 = 0;
  for (let p = 0, pa = 0, pb = offsetB; p < block; p++, pa += TILE, pb += TILE) {
    const b0 = b[pb]!,
      b1 = b[pb + 1]!,
      b2 = b[pb + 2]!,
      b3 = b[pb + 3]!;
    const a0 = a[pa]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    const a1 = a[pa + 1]!;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    const a2 = a[pa + 2]!;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    const a3 = a[pa + 3]!;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  tile[0] = c00;
  tile[1] = c01;
  tile[2] = c02;
  tile[3] = c03;
  tile[4] = c10;
  tile[5] = c11;
  tile[6] = c12;
  tile[7] = c13;
  tile[8] = c20;
  tile[9] = c21;
  tile[10] = c22;
  tile[11] = c23;
  tile[12] = c30;
  tile[13] = c31;
  tile[14] = c32;
  tile[15] = c33;
}

function storeTile(
  tile: Float64Array,
  out: Float32Array,
  n: number,
  row: number,
  rows: number,
  column: number,
  columns: number,
  accumulate: boolean,
): void {
  for (let i = 0; i < rows; i++) {
    const start = (row + i) * n + column;
    for (let j = 0; j < columns; j++) {
      const value = tile[i * TILE + j]!;
      out[start + j] = accumulate ? out[start + j]! + value : value;
    }
  }
}

/**
 * Packs rows row..row+rows of a, depth first: packed[p * 4 + i]. Missing rows are zeros, and their results are not
 * stored.
 */
function packA(
  layout: GemmLayout,
  m: number,
  k: number,
  a: Float32Array,
  packed: Float64Array,
  depth: number,
  block: number,
  row: number,
  rows: number,
): void {
  for (let i = 0; i < TILE; i++) {
    const start = layout === 'TN' ? depth * m + row + i : (row + i) * k + depth;
    const step = layout === 'TN' ? m : 1;
    for (let p = 0; p < block; p++) packed[p * TILE + i] = i < rows ? a[start + p * step]! : 0;
  }
}

/** Packs columns column..column+columns of b in strips of 4, each depth first. The last strip is padded with zeros. */
function packB(
  layout: GemmLayout,
  n: number,
  k: number,
  b: Float32Array,
  packed: Float64Array,
  depth: number,
  block: number,
  column: number,
  columns: number,
): void {
  for (let j = 0; j < roundUp(columns); j++) {
    const start = layout === 'NT' ? (column + j) * k + depth : depth * n + column + j;
    const step = layout === 'NT' ? 1 : n;
    const target = (j - (j % TILE)) * block + (j % TILE);
    for (let p = 0; p < block; p++) packed[target + p * TILE] = j < columns ? b[start + p * step]! : 0;
  }
}

function roundUp(columns: number): number {
  return Math.ceil(columns / TILE) * TILE;
}
