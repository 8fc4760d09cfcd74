/** Reduces a tile further in one direction, with the tile's own reduction. No DOM. */

import type { Reduction } from '../../../src/protocol/matrix';

export interface PooledCells {
  readonly width: number;
  readonly height: number;
  /** (height, width), row-major. */
  readonly values: Float32Array;
}

/**
 * Turns blocks of `poolY` x `poolX` cells into one cell each; blocks at the right and bottom edges may be smaller. A
 * NaN in a block makes the result NaN, so that pooling never hides a bad entry.
 */
export function poolTile(cells: PooledCells, poolX: number, poolY: number, reduction: Reduction): PooledCells {
  if (poolX === 1 && poolY === 1) return cells;
  const width = Math.ceil(cells.width / poolX);
  const height = Math.ceil(cells.height / poolY);
  const values = new Float32Array(width * height);
  const poolBlock = POOLS[reduction];
  for (let y = 0; y < height; y++) {
    const bottom = Math.min(cells.height, (y + 1) * poolY);
    for (let x = 0; x < width; x++) {
      values[y * width + x] = poolBlock(cells, x * poolX, Math.min(cells.width, (x + 1) * poolX), y * poolY, bottom);
    }
  }
  return { width, height, values };
}

type Pool = (cells: PooledCells, left: number, right: number, top: number, bottom: number) => number;

const POOLS: Readonly<Record<Reduction, Pool>> = {
  mean: meanOfBlock,
  maxAbs: maxAbsOfBlock,
  min: boundOfBlock(Math.min, Infinity),
  max: boundOfBlock(Math.max, -Infinity),
};

/** `pick` returns NaN if either value is NaN, as Math.min does. */
function boundOfBlock(pick: (a: number, b: number) => number, empty: number): Pool {
  return ({ width, values }, left, right, top, bottom) => {
    let bound = empty;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) bound = pick(bound, values[y * width + x] ?? empty);
    }
    return bound;
  };
}

function meanOfBlock({ width, values }: PooledCells, left: number, right: number, top: number, bottom: number): number {
  let sum = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) sum += values[y * width + x] ?? 0;
  }
  return sum / ((right - left) * (bottom - top));
}

function maxAbsOfBlock(
  { width, values }: PooledCells,
  left: number,
  right: number,
  top: number,
  bottom: number,
): number {
  let extreme = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const value = values[y * width + x] ?? 0;
      if (Number.isNaN(value)) return NaN;
      if (Math.abs(value) > Math.abs(extreme)) extreme = value;
    }
  }
  return extreme;
}
