/**
 * Singular values and vectors of scaling·B·A from its factors, in float64, without forming the product. With
 * B = Q_B·R_B and Aᵀ = Q_A·R_A, the core R_B·R_Aᵀ is at most rank x rank and has the same singular values up to the
 * scaling. The plain twin is `factoredSvd` in ../svd.
 */

import { ShapeError } from '../errors';
import { formatShape } from '../tensor';
import { coreSvd } from './coreSvd';
import type { Engine } from './engine';
import { factorTall, multiplySquare } from './gram';

/** A row-major float32 matrix. If it is in the engine's memory, it is used in place. */
export interface FactorMatrix {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

interface ProductFactors {
  /** (rank, inFeatures). */
  readonly a: FactorMatrix;
  /** (outFeatures, rank). */
  readonly b: FactorMatrix;
  /** Default 1. */
  readonly scaling?: number;
  /**
   * Allowed error of singular values, relative to the largest of a factor. Default 1e-11. Without vectors, more is
   * faster.
   */
  readonly tolerance?: number;
}

export interface ProductSvd {
  /** min(rank, outFeatures, inFeatures) values in descending order. */
  readonly values: Float64Array;
  /** (outFeatures, count) and (inFeatures, count), row-major, with orthonormal columns. */
  readonly u: Float64Array;
  readonly v: Float64Array;
}

/** All NaN if a factor contains NaN or infinities. @throws ShapeError if the factors do not fit together. */
export function productSingularValues(engine: Engine, factors: ProductFactors): Float64Array {
  return withFactors(engine, factors, false, (left, right, count) => {
    const { core, p, q } = coreOf(left, right);
    return core
      ? scaled(coreSvd(core, p, q, false, engine).values, factors.scaling)
      : new Float64Array(count).fill(NaN);
  });
}

/** @throws ShapeError if the factors do not fit together. */
export function productSvd(engine: Engine, factors: ProductFactors): ProductSvd {
  return withFactors(engine, factors, true, (left, right, count) => {
    const { core, p, q, turned } = coreOf(left, right);
    const nan = (length: number): Float64Array => new Float64Array(length).fill(NaN);
    if (!core) return { values: nan(count), u: nan(left.rows * count), v: nan(right.rows * count) };
    const { values, u, v } = coreSvd(core, p, q, true, engine);
    const [ofLeft, ofRight] = turned ? [v!, u!] : [u!, v!];
    const negative = (factors.scaling ?? 1) < 0;
    return {
      values: scaled(values, factors.scaling),
      u: left.applyQ(negative ? ofLeft.map((x) => -x) : ofLeft, count),
      v: right.applyQ(ofRight, count),
    };
  });
}

function scaled(values: Float64Array, scaling = 1): Float64Array {
  return values.map((value) => value * Math.abs(scaling));
}

/** One factor as Q·R. A factor that is wider than tall stays as it is, with the identity as Q. */
interface Side {
  /** Rows of the factor and of R, which is (height, rank), row-major. `null` if entries are not finite. */
  readonly rows: number;
  readonly height: number;
  readonly r: Float64Array | null;
  readonly rank: number;
  applyQ(x: Float64Array, columns: number): Float64Array;
}

function withFactors<T>(
  engine: Engine,
  { a, b, tolerance }: ProductFactors,
  vectors: boolean,
  use: (left: Side, right: Side, count: number) => T,
): T {
  const [rank, inFeatures] = matrixShape('productSvd: a', a);
  const [outFeatures, inner] = matrixShape('productSvd: b', b);
  if (inner !== rank) throw new ShapeError('productSvd: b', `shape (outFeatures, ${rank})`, formatShape(b.shape));
  const release: (() => void)[] = [];
  try {
    // Both factors are copied in before either is used, because growing memory can detach a view.
    const resident = [b.data, a.data].map((data) => engine.addressOf(data));
    const [addressOfB, addressOfA] = [b.data, a.data].map((data, i) => {
      if (resident[i] !== undefined) return resident[i];
      const visiting = engine.keep(data);
      release.push(() => visiting.free());
      return visiting.address;
    });
    const left = factorSide(engine, addressOfB!, outFeatures, rank, false, { vectors, tolerance }, release);
    const right = factorSide(engine, addressOfA!, inFeatures, rank, true, { vectors, tolerance }, release);
    return use(left, right, Math.min(rank, outFeatures, inFeatures));
  } finally {
    for (const free of release) free();
  }
}

function factorSide(
  engine: Engine,
  address: number,
  rows: number,
  rank: number,
  transposed: boolean,
  { vectors, tolerance }: { readonly vectors: boolean; readonly tolerance: number | undefined },
  release: (() => void)[],
): Side {
  const data = engine.arena.float32(address, rows * rank);
  const [rowBytes, columnBytes] = transposed ? [4, 4 * rows] : [4 * rank, 4];
  const notFinite: Side = { rows, height: 0, r: null, rank, applyQ: (x) => x };
  if (rows < rank) {
    if (!data.every(Number.isFinite)) return notFinite;
    const r = Float64Array.from({ length: rows * rank }, (_, i) => {
      return data[transposed ? (i % rank) * rows + Math.floor(i / rank) : i]!;
    });
    return { rows, height: rows, r, rank, applyQ: (x) => x };
  }
  const factors = factorTall(engine, { address, m: rows, r: rank, rowBytes, columnBytes }, vectors, tolerance);
  if (!factors) return notFinite;
  release.push(() => factors.free());
  return { rows, height: rank, r: factors.r, rank, applyQ: (x, columns) => factors.applyQ(x, columns) };
}

/** R_B·R_Aᵀ, transposed if necessary so that it is not wider than tall. `null` if a factor is not finite. */
function coreOf(left: Side, right: Side): { core: Float64Array | null; p: number; q: number; turned: boolean } {
  const [p, q] = [left.height, right.height];
  if (!left.r || !right.r) return { core: null, p, q, turned: false };
  const turned = q > p;
  const [tall, wide] = turned ? [right, left] : [left, right];
  const transposed = new Float64Array(tall.rank * wide.height);
  for (let i = 0; i < wide.height; i++) {
    for (let k = 0; k < tall.rank; k++) transposed[k * wide.height + i] = wide.r![i * tall.rank + k]!;
  }
  return {
    core: rectangular(tall.r!, transposed, tall.height, tall.rank, wide.height),
    p: tall.height,
    q: wide.height,
    turned,
  };
}

/** (p, k)·(k, q), row-major. */
function rectangular(a: Float64Array, b: Float64Array, p: number, k: number, q: number): Float64Array {
  if (p === k) return multiplySquare(a, b, k, q);
  const out = new Float64Array(p * q);
  for (let i = 0; i < p; i++) {
    for (let x = 0; x < k; x++) {
      for (let j = 0; j < q; j++) out[i * q + j]! += a[i * k + x]! * b[x * q + j]!;
    }
  }
  return out;
}

function matrixShape(where: string, { data, shape }: FactorMatrix): readonly [number, number] {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined || data.length !== rows * columns) {
    throw new ShapeError(where, `shape (rows, columns) of ${data.length} values`, formatShape(shape));
  }
  return [rows, columns];
}
