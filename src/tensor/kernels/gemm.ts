/**
 * Single-precision matrix product C = A * B or C += A * B, row-major, either operand transposed on the way.
 *
 * Blocked as in Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): a block of B and a
 * block of A are packed (pack.ts), then a micro-kernel forms one tile of C at a time in registers. Every entry of C is
 * one chain of multiply-adds along k, cut at the same places whatever the path, tile or share of a thread, so that all
 * of them give the same bits (fused builds among themselves, the plain build by itself).
 *
 * Left out: alpha and beta (a factor live across the loop over k costs registers; scale an operand instead).
 */
import { addDirect4x8, setDirect4x8 } from './direct4x8';
import { add3x12, set3x12 } from './micro3x12';
import { add4x8, set4x8 } from './micro4x8';
import { add6x8, set6x8 } from './micro6x8';
import { packDeep, packWide } from './pack';

/** Steps of k in a block: a panel of B of this depth (12 or 18 KB) stays in a 32 KB first-level cache. */
const DEPTH: i32 = 384;
/** Rows of a packed block of A (400 KB: half of a common second-level cache); a multiple of 3, 4 and 6. */
const ROWS: i32 = 264;
/** Columns of a packed block of B (1.5 MB) and of the strip of C beside it; a multiple of 8 and 12. */
const COLUMNS: i32 = 1008;
/** Products with at most this many rows, or columns, go without packing A: packing would not be repaid. */
const SMALL: i32 = 64;
/** Up to this depth C is the larger traffic, so it is written row by row rather than panel by panel. */
const SHALLOW: i32 = 64;
/** One tile of C, for the edges: 48 floats. */
const TILE_BYTES: usize = 256;

// @ts-ignore: decorator
@inline
function roundUp(value: i32, step: i32): i32 {
  return ((value + step - 1) / step) * step;
}

/** k is cut into equal parts of at most DEPTH. Depends on k alone. */
function depthOfBlocks(k: i32): i32 {
  const blocks = (k + DEPTH - 1) / DEPTH;
  return (k + blocks - 1) / blocks;
}

/** Bytes of scratch memory that a product of this size needs. */
export function workBytes(m: i32, n: i32, k: i32): usize {
  const depth = <usize>min(k, DEPTH);
  const rows = <usize>roundUp(min(m, max(ROWS, SMALL)), 12);
  const columns = <usize>roundUp(min(n, COLUMNS), 24);
  return TILE_BYTES + ((rows + columns) * depth << 2) + 64;
}

/** Bytes of B (k, n) in packed form. */
export function packedBytes(n: i32, k: i32): usize {
  return <usize>roundUp(n, TILE_COLUMNS) * <usize>k << 2;
}

export function tileColumns(): i32 {
  return TILE_COLUMNS;
}

/** Packs the whole of B (k, n), for products that use it again: block after block of k, in each panel after panel. */
export function pack(transposed: i32, b: usize, ldb: i32, n: i32, k: i32, to: usize): void {
  if (k == 0) return;
  const depth = depthOfBlocks(k);
  for (let k0 = 0; k0 < k; k0 += depth) {
    const kc = min(depth, k - k0);
    packColumns(transposed, b, <usize>ldb << 2, 0, n, k0, kc, TILE_COLUMNS, to);
    to += <usize>roundUp(n, TILE_COLUMNS) * <usize>kc << 2;
  }
}

// @ts-ignore: decorator
@inline
function packColumns(transposed: i32, b: usize, ld: usize, first: i32, count: i32, k0: i32, kc: i32, width: i32, to: usize): void {
  if (transposed) packDeep(b + <usize>first * ld + (<usize>k0 << 2), ld, count, kc, width, to);
  else packWide(b + <usize>k0 * ld + (<usize>first << 2), ld, count, kc, width, to);
}

// @ts-ignore: decorator
@inline
function packRows(transposed: i32, a: usize, ld: usize, first: i32, count: i32, k0: i32, kc: i32, width: i32, to: usize): void {
  if (transposed) packWide(a + <usize>k0 * ld + (<usize>first << 2), ld, count, kc, width, to);
  else packDeep(a + <usize>first * ld + (<usize>k0 << 2), ld, count, kc, width, to);
}

/** Copies (or adds) what is used of a tile of `width` columns to C. */
function storeEdge(tile: usize, width: i32, rows: i32, columns: i32, c: usize, ldc: usize, add: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < <usize>columns; j++) {
      const value = load<f32>(tile + (j << 2));
      store<f32>(c + (j << 2), add ? load<f32>(c + (j << 2)) + value : value);
    }
    tile += <usize>width << 2;
    c += ldc;
  }
}

/** One tile of the build's size, with `rows` and `columns` of C left from its corner on. */
function tileOf(kc: i32, a: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32, add: i32, tile: usize): void {
  const inside = rows >= TILE_ROWS && columns >= TILE_COLUMNS;
  const to = inside ? c : tile;
  const ld = inside ? ldc : <usize>TILE_COLUMNS << 2;
  if (inside && add) {
    if (TILE_ROWS == 6) add6x8(kc, a, b, to, ld);
    else if (TILE_ROWS == 3) add3x12(kc, a, b, to, ld);
    else add4x8(kc, a, b, to, ld);
  } else {
    if (TILE_ROWS == 6) set6x8(kc, a, b, to, ld);
    else if (TILE_ROWS == 3) set3x12(kc, a, b, to, ld);
    else set4x8(kc, a, b, to, ld);
    if (!inside) storeEdge(tile, TILE_COLUMNS, min(rows, TILE_ROWS), min(columns, TILE_COLUMNS), c, ldc, add);
  }
}

/** C (mc, nc) from packed blocks. */
function block(mc: i32, nc: i32, kc: i32, a: usize, b: usize, c: usize, ldc: usize, add: i32, tile: usize): void {
  const panelA = <usize>kc * <usize>TILE_ROWS << 2;
  const panelB = <usize>kc * <usize>TILE_COLUMNS << 2;
  if (kc <= SHALLOW) {
    for (let i = 0; i < mc; i += TILE_ROWS) {
      let from = b;
      let to = c;
      for (let j = 0; j < nc; j += TILE_COLUMNS) {
        tileOf(kc, a, from, to, ldc, mc - i, nc - j, add, tile);
        from += panelB;
        to += <usize>TILE_COLUMNS << 2;
      }
      a += panelA;
      c += <usize>TILE_ROWS * ldc;
    }
    return;
  }
  for (let j = 0; j < nc; j += TILE_COLUMNS) {
    let from = a;
    let to = c;
    for (let i = 0; i < mc; i += TILE_ROWS) {
      tileOf(kc, from, b, to, ldc, mc - i, nc - j, add, tile);
      from += panelA;
      to += <usize>TILE_ROWS * ldc;
    }
    b += panelB;
    c += <usize>TILE_COLUMNS << 2;
  }
}

/** A 4 x 8 tile: A in place (lda > 0, in bytes), or packed four rows wide (lda = 0). */
function smallTile(kc: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32, add: i32, tile: usize): void {
  const inside = rows >= 4 && columns >= 8;
  const to = inside ? c : tile;
  const ld = inside ? ldc : 32;
  if (lda) {
    const a1 = rows > 1 ? a + lda : a;
    const a2 = rows > 2 ? a1 + lda : a1;
    const a3 = rows > 3 ? a2 + lda : a2;
    if (inside && add) addDirect4x8(kc, a, a1, a2, a3, b, to, ld);
    else setDirect4x8(kc, a, a1, a2, a3, b, to, ld);
  } else if (inside && add) add4x8(kc, a, b, to, ld);
  else set4x8(kc, a, b, to, ld);
  if (!inside) storeEdge(tile, 8, min(rows, 4), min(columns, 8), c, ldc, add);
}

/** C (m, n) of few rows or few columns, from panels of B eight wide. */
function smallBlock(m: i32, n: i32, kc: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize, add: i32, tile: usize): void {
  const stepA: usize = lda ? 4 * lda : <usize>kc << 4;
  const panelB = <usize>kc << 5;
  if (n <= SMALL || kc <= SHALLOW) {
    for (let i = 0; i < m; i += 4) {
      for (let j = 0; j < n; j += 8) {
        smallTile(kc, a, lda, b + <usize>(j >> 3) * panelB, c + (<usize>j << 2), ldc, m - i, n - j, add, tile);
      }
      a += stepA;
      c += 4 * ldc;
    }
    return;
  }
  for (let j = 0; j < n; j += 8) {
    let from = a;
    let to = c;
    for (let i = 0; i < m; i += 4) {
      smallTile(kc, from, lda, b, to, ldc, m - i, n - j, add, tile);
      from += stepA;
      to += 4 * ldc;
    }
    b += panelB;
    c += 32;
  }
}

function clear(m: i32, n: i32, c: usize, ldc: usize): void {
  for (; m > 0; m--) {
    memory.fill(c, 0, <usize>n << 2);
    c += ldc;
  }
}

/**
 * C (m, n) = A * B, added to C where `accumulate` is not 0. A is (m, k), or (k, m) when `transA`; B is (k, n), or (n, k)
 * when `transB`. Leading dimensions are in entries. `work` is workBytes(m, n, k) of scratch.
 */
export function sgemm(
  transA: i32, transB: i32, m: i32, n: i32, k: i32, a: usize, lda: i32, b: usize, ldb: i32, c: usize, ldc: i32,
  accumulate: i32, work: usize,
): void {
  const ldA = <usize>lda << 2;
  const ldB = <usize>ldb << 2;
  const ldC = <usize>ldc << 2;
  if (k == 0 && !accumulate) clear(m, n, c, ldC);
  if (k == 0 || m == 0 || n == 0) return;
  const depth = depthOfBlocks(k);
  const blockA = work + TILE_BYTES;
  const small = m <= SMALL || n <= SMALL;
  const width = small ? 8 : TILE_COLUMNS;
  const rowsA = <usize>roundUp(min(m, max(ROWS, SMALL)), 12);
  const blockB = blockA + (rowsA * <usize>depth << 2);
  for (let j = 0; j < n; j += COLUMNS) {
    const nc = min(COLUMNS, n - j);
    const toJ = c + (<usize>j << 2);
    for (let k0 = 0; k0 < k; k0 += depth) {
      const kc = min(depth, k - k0);
      const add = k0 > 0 || accumulate ? 1 : 0;
      packColumns(transB, b, ldB, j, nc, k0, kc, width, blockB);
      rows(transA, m, nc, k0, kc, a, ldA, blockB, toJ, ldC, add, small ? 1 : 0, blockA, work);
    }
  }
}

/** All rows of C against one packed block of B. */
function rows(
  transA: i32, m: i32, nc: i32, k0: i32, kc: i32, a: usize, ldA: usize, blockB: usize, c: usize, ldC: usize, add: i32,
  small: i32, blockA: usize, tile: usize,
): void {
  if (small && !transA) {
    smallBlock(m, nc, kc, a + (<usize>k0 << 2), ldA, blockB, c, ldC, add, tile);
    return;
  }
  const blocks = (m + ROWS - 1) / ROWS;
  const step = roundUp((m + blocks - 1) / blocks, 12);
  for (let i = 0; i < m; i += step) {
    const mc = min(step, m - i);
    packRows(transA, a, ldA, i, mc, k0, kc, small ? 4 : TILE_ROWS, blockA);
    if (small) smallBlock(mc, nc, kc, blockA, 0, blockB, c + <usize>i * ldC, ldC, add, tile);
    else block(mc, nc, kc, blockA, blockB, c + <usize>i * ldC, ldC, add, tile);
  }
}

/**
 * The same with B packed before by `pack` (of `packedColumns` columns in all), for the n columns from `first` on, a
 * multiple of tileColumns(). c points at column `first` of C.
 */
export function sgemmPacked(
  transA: i32, m: i32, n: i32, k: i32, a: usize, lda: i32, packed: usize, packedColumns: i32, first: i32,
  c: usize, ldc: i32, accumulate: i32, work: usize,
): void {
  const ldA = <usize>lda << 2;
  const ldC = <usize>ldc << 2;
  if (k == 0 && !accumulate) clear(m, n, c, ldC);
  if (k == 0 || m == 0 || n == 0) return;
  const depth = depthOfBlocks(k);
  const blockA = work + TILE_BYTES;
  const small = TILE_COLUMNS == 8 && (m <= SMALL || n <= SMALL) ? 1 : 0;
  const padded = <usize>roundUp(packedColumns, TILE_COLUMNS);
  for (let j = 0; j < n; j += COLUMNS) {
    const nc = min(COLUMNS, n - j);
    const toJ = c + (<usize>j << 2);
    for (let k0 = 0; k0 < k; k0 += depth) {
      const kc = min(depth, k - k0);
      const blockB = packed + (padded * <usize>k0 + <usize>(first + j) * <usize>kc << 2);
      rows(transA, m, nc, k0, kc, a, ldA, blockB, toJ, ldC, k0 > 0 || accumulate ? 1 : 0, small, blockA, work);
    }
  }
}
