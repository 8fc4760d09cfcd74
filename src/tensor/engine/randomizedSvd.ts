/**
 * The leading singular values and vectors of a dense matrix W (m, n) by random projection (Halko, Martinsson and Tropp
 * 2011, algorithms 4.4 and 5.1). W is applied to a few random directions, power iterations refine the resulting
 * subspace, and W is decomposed within it. Products are in float32, so values are accurate to about 1e-6 of the
 * largest. Values near the cut-off are lower bounds.
 */

import { ArgumentError } from '../errors';
import { normalRandom, seededRandom } from '../random';
import type { Engine } from './engine';
import { factorTall } from './gram';
import type { ResidentArray } from './resident';
import { productSvd } from './spectrum';
import type { ProductSvd } from './spectrum';

interface RandomizedSvdOptions {
  /** The number of values to compute. */
  readonly count: number;
  /** Additional directions. Default 10. */
  readonly oversample?: number;
  /** Default 2. Use more if the values decay slowly. */
  readonly powerIterations?: number;
  /** Default 1, which gives the same directions every time. */
  readonly seed?: number;
}

/** W is row-major in the engine's memory. @throws ArgumentError if count is below 1. */
export function randomizedSvd(
  engine: Engine,
  w: ResidentArray,
  [m, n]: readonly [number, number],
  { count, oversample = 10, powerIterations = 2, seed = 1 }: RandomizedSvdOptions,
): ProductSvd {
  const wanted = Math.min(count, m, n);
  if (!(wanted >= 1) || w.length !== m * n) {
    throw new ArgumentError(
      'randomizedSvd',
      `a count of at least 1, and ${m * n} entries`,
      `${count}, and ${w.length}`,
    );
  }
  const width = Math.min(wanted + oversample, m, n);
  const normal = normalRandom(seededRandom(seed));
  const [range, domain] = [engine.allocate(m * width), engine.allocate(n * width)];
  const inner = engine.allocate(width * n);
  try {
    const { data } = domain;
    for (let i = 0; i < data.length; i++) data[i] = normal();
    const project = (): void => {
      engine.multiply({ layout: 'NN', m, n: width, k: n, a: w.address, b: domain.address, out: range.address });
      orthonormalize(engine, range, m, width);
    };
    project();
    for (let i = 0; i < powerIterations; i++) {
      engine.multiply({ layout: 'TN', m: n, n: width, k: m, a: w.address, b: range.address, out: domain.address });
      orthonormalize(engine, domain, n, width);
      project();
    }
    // W ≈ Q·(Qᵀ·W), a product of two factors.
    engine.multiply({ layout: 'TN', m: width, n, k: m, a: range.address, b: w.address, out: inner.address });
    const svd = productSvd(engine, {
      a: { data: inner.data, shape: [width, n] },
      b: { data: range.data, shape: [m, width] },
    });
    return {
      values: svd.values.slice(0, wanted),
      u: firstColumns(svd.u, m, width, wanted),
      v: firstColumns(svd.v, n, width, wanted),
    };
  } finally {
    for (const block of [range, domain, inner]) block.free();
  }
}

function orthonormalize(engine: Engine, matrix: ResidentArray, m: number, r: number): void {
  const factors = factorTall(engine, { address: matrix.address, m, r, rowBytes: 4 * r, columnBytes: 4 }, true);
  if (!factors) {
    // NaN and infinities affect every value.
    matrix.data.fill(NaN);
    return;
  }
  const identity = new Float64Array(r * r);
  for (let i = 0; i < r; i++) identity[i * r + i] = 1;
  const q = factors.applyQ(identity, r);
  matrix.data.set(q);
  factors.free();
}

function firstColumns(matrix: Float64Array, rows: number, columns: number, count: number): Float64Array {
  const out = new Float64Array(rows * count);
  for (let i = 0; i < rows; i++) out.set(matrix.subarray(i * columns, i * columns + count), i * count);
  return out;
}
