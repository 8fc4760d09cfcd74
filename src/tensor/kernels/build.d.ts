/** Constants that scripts/kernels.mjs sets for each build of gemm.ts. */

/** Rows and columns of the tile of C that the micro-kernel keeps in registers: 6 x 8, 3 x 12 or 4 x 8. */
declare const TILE_ROWS: i32;
declare const TILE_COLUMNS: i32;
/** 1 if the build may use the fused multiply-add of relaxed SIMD. */
declare const FUSED: i32;
