/** The leading singular directions of a dense matrix: exactly for small ones, by random projection for others. */

import { currentEngine } from '../tensor/engine/current';
import { randomizedSvd } from '../tensor/engine/randomizedSvd';
import { svd } from '../tensor/svd';
import type { SingularVectors } from '../tensor/svd';
import { SurgeryError } from './errors';
import { leadingVectors } from './truncatedProduct';

/** Jacobi's method takes about a second for a square matrix of this size. */
const MAX_EXACT_SIZE = 256;
/** Power iterations of the projection, which a flat spectrum needs. */
const POWER_ITERATIONS = 4;

/** `rank` values and vectors, or fewer if a side is shorter. The matrix is (out, inner), row-major. */
export function denseDecomposition(
  matrix: Float64Array,
  [out, inner]: readonly [number, number],
  rank: number,
): SingularVectors {
  const count = Math.min(rank, out, inner);
  if (Math.min(out, inner) <= MAX_EXACT_SIZE) return leadingVectors(svd({ data: matrix, shape: [out, inner] }), count);
  const engine = currentEngine();
  if (!engine) throw new SurgeryError('Unsupported', 'large dense matrices need WebAssembly, which is not available');
  const w = engine.allocate(out * inner);
  try {
    w.data.set(matrix);
    return columnVectors(
      randomizedSvd(engine, w, [out, inner], { count, powerIterations: POWER_ITERATIONS }),
      [out, inner],
      count,
    );
  } finally {
    w.free();
  }
}

export function columnVectors(
  { values, u, v }: { values: Float64Array; u: Float64Array; v: Float64Array },
  [out, inner]: readonly [number, number],
  count: number,
): SingularVectors {
  const columns = (data: Float64Array, rows: number): SingularVectors['u'] => {
    const turned = new Float64Array(rows * count);
    for (let i = 0; i < rows; i++) for (let k = 0; k < count; k++) turned[k * rows + i] = data[i * count + k]!;
    return { rows, columns: count, data: turned };
  };
  return { values, u: columns(u, out), v: columns(v, inner) };
}
