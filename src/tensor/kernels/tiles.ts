/**
 * C in the order in which the micro-kernel produces it: tile by tile, down the rows and then across, each tile
 * row-major. Tiles at the edges are complete, but the part outside C is never copied back.
 */

export const TILE_BYTES: usize = (<usize>TILE_ROWS * <usize>TILE_COLUMNS) << 2;

export function tilesDown(m: i32): i32 {
  return (m + TILE_ROWS - 1) / TILE_ROWS;
}

/** Copies or adds the used part of a tile of `width` columns to C. */
export function storeEdge(tile: usize, width: i32, rows: i32, columns: i32, c: usize, ldc: usize, add: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < <usize>columns; j++) {
      const value = load<f32>(tile + (j << 2));
      store<f32>(c + (j << 2), add ? load<f32>(c + (j << 2)) + value : value);
    }
    tile += <usize>width << 2;
    c += ldc;
  }
}

// @ts-ignore: decorator
@inline
function copyTile(from: usize, ldFrom: usize, to: usize, ldTo: usize): void {
  for (let i = 0; i < TILE_ROWS; i++) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    if (TILE_COLUMNS == 12) v128.store(to, v128.load(from, 32), 32);
    from += ldFrom;
    to += ldTo;
  }
}

/** Copies tiles to C (m, n), ldc in bytes. */
export function releaseTiles(m: i32, n: i32, tiles: usize, c: usize, ldc: usize): void {
  const across = <usize>tilesDown(m) * TILE_BYTES;
  for (let i = 0; i < m; i += TILE_ROWS) {
    let from = tiles;
    let to = c;
    for (let j = 0; j < n; j += TILE_COLUMNS) {
      if (m - i >= TILE_ROWS && n - j >= TILE_COLUMNS) copyTile(from, <usize>TILE_COLUMNS << 2, to, ldc);
      else storeEdge(from, TILE_COLUMNS, min(m - i, TILE_ROWS), min(n - j, TILE_COLUMNS), to, ldc, 0);
      from += across;
      to += <usize>TILE_COLUMNS << 2;
    }
    tiles += TILE_BYTES;
    c += <usize>TILE_ROWS * ldc;
  }
}

/** Copies C (m, n) to tiles. */
export function keepTiles(m: i32, n: i32, c: usize, ldc: usize, tiles: usize): void {
  const across = <usize>tilesDown(m) * TILE_BYTES;
  const ld = <usize>TILE_COLUMNS << 2;
  for (let i = 0; i < m; i += TILE_ROWS) {
    let from = c;
    let to = tiles;
    for (let j = 0; j < n; j += TILE_COLUMNS) {
      if (m - i >= TILE_ROWS && n - j >= TILE_COLUMNS) copyTile(from, ldc, to, ld);
      else {
        for (let r: i32 = 0; r < min(m - i, TILE_ROWS); r++) {
          memory.copy(to + <usize>r * ld, from + <usize>r * ldc, <usize>min(n - j, TILE_COLUMNS) << 2);
        }
      }
      from += ld;
      to += across;
    }
    tiles += TILE_BYTES;
    c += <usize>TILE_ROWS * ldc;
  }
}
