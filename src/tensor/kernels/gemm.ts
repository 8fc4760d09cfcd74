/**
 * Single-precision matrix product C = A * B or C += A * B, row-major. Either operand may be transposed while it is
 * packed.
 *
 * The blocking follows Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): a block of B
 * and a block of A are packed (pack.ts), then a micro-kernel computes one tile of C at a time in registers. Every entry
 * of C is one chain of multiply-adds along k, split at the same positions for every path, tile and thread, so all of
 * them give the same bits. The fused builds agree with each other; the plain build differs from them.
 *
 * If k takes several blocks, C is kept in tile order in the meantime (tiles.ts), because rows of C that are a power of
 * two apart compete for the same few cache lines.
 *
 * Left out: alpha and beta. A factor that is live across the loop over k costs registers; scale an operand instead.
 */
import { addDirect4x8, setDirect4x8 } from './direct4x8';
import { add3x12, set3x12 } from './micro3x12';
import { add4x8, set4x8 } from './micro4x8';
import { add6x8, set6x8 } from './micro6x8';
import { packDeep, packWide } from './pack';
import { keepTiles, releaseTiles, storeEdge, TILE_BYTES, tilesDown } from './tiles';

/** Steps of k per block. A panel of B of this depth (16 or 24 KB) fits a 32 KB first-level cache. */
const DEPTH: i32 = 512;
/** Rows per packed block of A (540 KB, half of a 1 MB second-level cache). A multiple of 3, 4 and 6. */
const ROWS: i32 = 264;
/** Columns per packed block of B (2 MB). A multiple of 8 and 12. */
const COLUMNS: i32 = 1032;
/** Rows of C, and the same number of columns, kept in tile order across blocks of k (4 MB). A multiple of ROWS. */
const CHUNK: i32 = 1056;
/** Products with at most this many rows or columns do not pack A, because packing would not pay off. */
const SMALL: i32 = 64;
/** Depth up to which most of the traffic is C, so that C is written row by row instead of panel by panel. */
const SHALLOW: i32 = 64;
/** One tile of C for the edges: 48 floats. */
const EDGE_BYTES: usize = 256;

// @ts-ignore: decorator
@inline
function roundUp(value: i32, step: i32): i32 {
  return ((value + step - 1) / step) * step;
}

// @ts-ignore: decorator
@inline
function isSmall(m: i32, n: i32): bool {
  return m <= SMALL || n <= SMALL;
}

/** Divides `length` into equal parts of at most `most`, each a multiple of `step`. */
function part(length: i32, most: i32, step: i32): i32 {
  const parts = (length + most - 1) / most;
  return roundUp((length + parts - 1) / parts, step);
}

/** k is divided into equal parts of at most DEPTH. The result depends only on k. */
function depthOfBlocks(k: i32): i32 {
  return part(k, DEPTH, 1);
}

/** Bytes of scratch memory that a product of this size needs. */
export function workBytes(m: i32, n: i32, k: i32): usize {
  const depth = <usize>min(k, DEPTH);
  const rows = <usize>roundUp(min(m, max(ROWS, SMALL)), 12);
  const columns = <usize>roundUp(min(n, COLUMNS), 24);
  const chunk = k > DEPTH && !isSmall(m, n) ? <usize>roundUp(min(m, CHUNK), 12) * columns << 2 : 0;
  return EDGE_BYTES + ((rows + columns) * depth << 2) + chunk + 64;
}

/** Bytes of B (k, n) in packed form. */
export function packedBytes(n: i32, k: i32): usize {
  return <usize>roundUp(n, TILE_COLUMNS) * <usize>k << 2;
}

export function tileColumns(): i32 {
  return TILE_COLUMNS;
}

/** Packs all of B (k, n) for repeated use, block by block of k and panel by panel within a block. */
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
function packColumns(
  transposed: i32, b: usize, ld: usize, first: i32, count: i32, k0: i32, kc: i32, width: i32, to: usize,
): void {
  if (transposed) packDeep(b + <usize>first * ld + (<usize>k0 << 2), ld, count, kc, width, to);
  else packWide(b + <usize>k0 * ld + (<usize>first << 2), ld, count, kc, width, to);
}

// @ts-ignore: decorator
@inline
function packRows(
  transposed: i32, a: usize, ld: usize, first: i32, count: i32, k0: i32, kc: i32, width: i32, to: usize,
): void {
  if (transposed) packWide(a + <usize>k0 * ld + (<usize>first << 2), ld, count, kc, width, to);
  else packDeep(a + <usize>first * ld + (<usize>k0 << 2), ld, count, kc, width, to);
}

/** Computes one tile of the build's size. `rows` and `columns` of C remain from its corner on. */
function tileOf(
  kc: i32, a: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32, add: i32, tile: usize,
): void {
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

/** The same into tiles in column-by-column order, `down` tiles per column. No tile exceeds C. */
function keptBlock(mc: i32, nc: i32, kc: i32, a: usize, b: usize, tiles: usize, down: i32, add: i32): void {
  const panelA = <usize>kc * <usize>TILE_ROWS << 2;
  const panelB = <usize>kc * <usize>TILE_COLUMNS << 2;
  for (let j = 0; j < nc; j += TILE_COLUMNS) {
    let from = a;
    let to = tiles;
    for (let i = 0; i < mc; i += TILE_ROWS) {
      tileOf(kc, from, b, to, <usize>TILE_COLUMNS << 2, TILE_ROWS, TILE_COLUMNS, add, 0);
      from += panelA;
      to += TILE_BYTES;
    }
    b += panelB;
    tiles += <usize>down * TILE_BYTES;
  }
}

/** A 4 x 8 tile. A is read in place (lda > 0, in bytes) or packed four rows wide (lda = 0). */
function smallTile(
  kc: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32, add: i32, tile: usize,
): void {
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

/** C (m, n) with few rows or few columns, from panels of B eight columns wide. */
function smallBlock(
  m: i32, n: i32, kc: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize, add: i32, tile: usize,
): void {
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
 * C (m, n) = A * B, added to C if `accumulate` is not 0. A is (m, k), or (k, m) if `transA`; B is (k, n), or (n, k) if
 * `transB`. Leading dimensions are in entries. `work` is scratch memory of workBytes(m, n, k).
 */
export function sgemm(
  transA: i32, transB: i32, m: i32, n: i32, k: i32, a: usize, lda: i32, b: usize, ldb: i32, c: usize, ldc: i32,
  accumulate: i32, work: usize,
): void {
  product(transA, transB, m, n, k, a, lda, b, ldb, 0, 0, c, ldc, accumulate, isSmall(m, n) ? 1 : 0, work);
}

/**
 * The same with a B that `pack` has packed, with `packedColumns` columns in total. Computes the n columns from `first`
 * on, a multiple of tileColumns(). c points to column `first` of C.
 */
export function sgemmPacked(
  transA: i32, m: i32, n: i32, k: i32, a: usize, lda: i32, packed: usize, packedColumns: i32, first: i32,
  c: usize, ldc: i32, accumulate: i32, work: usize,
): void {
  const small = TILE_COLUMNS == 8 && isSmall(m, n) ? 1 : 0;
  const padded = roundUp(packedColumns, TILE_COLUMNS);
  product(transA, 0, m, n, k, a, lda, packed, first, padded, 1, c, ldc, accumulate, small, work);
}

/**
 * Implements both. If `packed` is set, b holds packed panels with `padded` columns in total, and ldb is the first
 * column.
 */
function product(
  transA: i32, transB: i32, m: i32, n: i32, k: i32, a: usize, lda: i32, b: usize, ldb: i32, padded: i32, packed: i32,
  c: usize, ldc: i32, accumulate: i32, small: i32, work: usize,
): void {
  const ldA = <usize>lda << 2;
  const ldB = <usize>ldb << 2;
  const ldC = <usize>ldc << 2;
  if (k == 0 && !accumulate) clear(m, n, c, ldC);
  if (k == 0 || m == 0 || n == 0) return;
  const depth = depthOfBlocks(k);
  const blockA = work + EDGE_BYTES;
  const blockB = blockA + (<usize>roundUp(min(m, max(ROWS, SMALL)), 12) * <usize>depth << 2);
  const columns = part(n, COLUMNS, 24);
  const chunk = blockB + (<usize>columns * <usize>depth << 2);
  const kept = !small && k > depth;
  const lines = kept ? part(m, CHUNK, 12) : m;
  for (let i = 0; i < m; i += lines) {
    const mc = min(lines, m - i);
    const fromI = a + (transA ? <usize>i << 2 : <usize>i * ldA);
    for (let j = 0; j < n; j += columns) {
      const nc = min(columns, n - j);
      const to = c + <usize>i * ldC + (<usize>j << 2);
      if (kept && accumulate) keepTiles(mc, nc, to, ldC, chunk);
      for (let k0 = 0; k0 < k; k0 += depth) {
        const kc = min(depth, k - k0);
        const add = k0 > 0 || accumulate ? 1 : 0;
        let from = blockB;
        if (packed) from = b + (<usize>padded * <usize>k0 + <usize>(ldb + j) * <usize>kc << 2);
        else packColumns(transB, b, ldB, j, nc, k0, kc, small ? 8 : TILE_COLUMNS, blockB);
        rows(transA, mc, nc, k0, kc, fromI, ldA, from, kept ? chunk : to, kept ? 0 : ldC, add, small, blockA, work);
      }
      if (kept) releaseTiles(mc, nc, chunk, to, ldC);
    }
  }
}

/** Multiplies all rows of A by one packed block of B. If ldC = 0, C is kept in tile order. */
function rows(
  transA: i32, m: i32, nc: i32, k0: i32, kc: i32, a: usize, ldA: usize, blockB: usize, c: usize, ldC: usize, add: i32,
  small: i32, blockA: usize, tile: usize,
): void {
  if (small && !transA) {
    smallBlock(m, nc, kc, a + (<usize>k0 << 2), ldA, blockB, c, ldC, add, tile);
    return;
  }
  const step = part(m, ROWS, 12);
  for (let i = 0; i < m; i += step) {
    const mc = min(step, m - i);
    packRows(transA, a, ldA, i, mc, k0, kc, small ? 4 : TILE_ROWS, blockA);
    if (small) smallBlock(mc, nc, kc, blockA, 0, blockB, c + <usize>i * ldC, ldC, add, tile);
    else if (ldC) block(mc, nc, kc, blockA, blockB, c + <usize>i * ldC, ldC, add, tile);
    else keptBlock(mc, nc, kc, blockA, blockB, c + <usize>(i / TILE_ROWS) * TILE_BYTES, tilesDown(m), add);
  }
}
