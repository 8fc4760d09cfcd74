/**
 * Factors M = Q·R of tall float32 matrices M (m, r) in float64, with R from the Gram matrix if that is accurate.
 *
 * MᵀM = RᵀR (Cholesky) costs one pass of matrix products and is several times faster than reflections, but squares the
 * condition number. The condition is therefore bounded from R itself. If the bound is too large, or the Cholesky
 * factorisation breaks down, Householder reflections compute the factors. If Q is requested, the Gram step runs twice
 * unless the condition is small, which makes Q orthonormal to rounding (CholeskyQR2: Yamamoto, Nakatsukasa, Yanagisawa
 * and Fukaya 2015).
 */

import type { Engine } from './engine';
import { cholesky, conditionBound, invertUpper, multiplyUpper } from './triangular';

/** The location of M: entry (i, j) is at address + i * rowBytes + j * columnBytes. */
interface TallMatrix {
  readonly address: number;
  readonly m: number;
  readonly r: number;
  readonly rowBytes: number;
  readonly columnBytes: number;
}

/** Error of singular values from the Gram matrix, relative to the largest, per unit of the condition number. */
const ERROR_PER_CONDITION = 1e-15;
/** Default tolerance for singular values, relative to the largest. */
const DEFAULT_TOLERANCE = 1e-11;
/** Largest condition for which Q = M·R⁻¹ is orthonormal to 1e-11 after one step. */
const MAX_CONDITION_ONCE = 300;
/** Largest condition for which two steps suffice for Q. */
const MAX_CONDITION_TWICE = 1e6;

interface TallFactors {
  /** (r, r), row-major, upper triangular. */
  readonly r: Float64Array;
  /**
   * Q·X for X (r, columns) row-major, as (m, columns) row-major. Requires that Q was requested, and may be called once.
   */
  applyQ(x: Float64Array, columns: number): Float64Array;
  free(): void;
}

/**
 * Factors M, which must have m >= r. `tolerance` applies to the singular values if Q is not requested.
 * @returns `null` if M contains NaN or infinities.
 */
export function factorTall(
  engine: Engine,
  matrix: TallMatrix,
  withQ: boolean,
  tolerance = DEFAULT_TOLERANCE,
): TallFactors | null {
  const gram = gramOfColumns(engine, matrix);
  // Squares of float32 do not overflow in float64, so the trace is finite exactly if all entries are.
  let trace = 0;
  for (let i = 0; i < matrix.r; i++) trace += gram[i * matrix.r + i]!;
  if (!(trace < Infinity)) return null;
  const r = cholesky(gram, matrix.r);
  const condition = r ? conditionBound(r, matrix.r) : Infinity;
  if (!r || !(condition <= (withQ ? MAX_CONDITION_TWICE : tolerance / ERROR_PER_CONDITION)))
    return householderFactors(engine, matrix);
  if (!withQ) return { r, applyQ: unavailable, free: () => undefined };
  if (condition > MAX_CONDITION_ONCE) return twice(engine, matrix, r);
  const inverse = invertUpper(r, matrix.r);
  const applyQ = (x: Float64Array, columns: number): Float64Array => {
    return multiplyTall(engine, matrix, multiplySquare(inverse, x, matrix.r, columns), columns);
  };
  return { r, applyQ, free: () => undefined };
}

function unavailable(): never {
  throw new Error('Q was not requested from factorTall');
}

const panelCount = (lines: number): number => Math.ceil(lines / 4);

/** The address of the panels of M's columns, depth m. The caller frees it. */
function columnPanels(engine: Engine, { address, m, r, rowBytes, columnBytes }: TallMatrix): number {
  const to = engine.arena.allocate(panelCount(r) * 32 * m);
  engine.kernels.scan.panels64(0, address, columnBytes, rowBytes, r, m, to);
  return to;
}

/** Multiplies panels by panels into a new row-major array of `rows` by `columns`. */
function multiplyPanels(
  engine: Engine,
  a: number,
  rows: number,
  b: number,
  columns: number,
  depth: number,
  upper: boolean,
): Float64Array {
  const [panelsA, panelsB] = [panelCount(rows), panelCount(columns)];
  const width = 4 * panelsB;
  const at = engine.arena.allocate(panelsA * 4 * width * 8);
  engine.arena.float64(at, panelsA * 4 * width).fill(0);
  engine.kernels.scan.product64(panelsA, panelsB, depth, a, b, at, width * 8, upper ? 1 : 0);
  const whole = engine.arena.float64(at, panelsA * 4 * width);
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[i * columns + j] = whole[upper && j < i ? j * width + i : i * width + j]!;
  }
  engine.arena.release(at);
  return out;
}

/** MᵀM, (r, r). */
function gramOfColumns(engine: Engine, matrix: TallMatrix): Float64Array {
  const panels = columnPanels(engine, matrix);
  const gram = multiplyPanels(engine, panels, matrix.r, panels, matrix.r, matrix.m, true);
  engine.arena.release(panels);
  return gram;
}

/** Copies a row-major float64 matrix in and packs its columns or rows into panels. */
function panelsOf(engine: Engine, x: Float64Array, rows: number, columns: number, byRows: boolean): number {
  const [lines, depth] = byRows ? [rows, columns] : [columns, rows];
  const from = engine.arena.allocate(x.length * 8);
  const to = engine.arena.allocate(panelCount(lines) * 32 * depth);
  engine.arena.float64(from, x.length).set(x);
  const [ld, step] = byRows ? [columns * 8, 8] : [8, columns * 8];
  engine.kernels.scan.panels64(1, from, ld, step, lines, depth, to);
  engine.arena.release(from);
  return to;
}

/** M·X for X (r, columns) row-major, as (m, columns) row-major. */
function multiplyTall(
  engine: Engine,
  { address, m, r, rowBytes, columnBytes }: TallMatrix,
  x: Float64Array,
  columns: number,
): Float64Array {
  const rows = engine.arena.allocate(panelCount(m) * 32 * r);
  engine.kernels.scan.panels64(0, address, rowBytes, columnBytes, m, r, rows);
  const panels = panelsOf(engine, x, r, columns, false);
  const out = multiplyPanels(engine, rows, m, panels, columns, r, false);
  engine.arena.release(rows);
  engine.arena.release(panels);
  return out;
}

function twice(engine: Engine, matrix: TallMatrix, first: Float64Array): TallFactors {
  const { m, r } = matrix;
  const nearlyQ = multiplyTall(engine, matrix, invertUpper(first, r), r); // (m, r)
  const panels = panelsOf(engine, nearlyQ, m, r, false);
  const gram = multiplyPanels(engine, panels, r, panels, r, m, true);
  engine.arena.release(panels);
  const second = cholesky(gram, r);
  if (!second) return householderFactors(engine, matrix);
  const inverse = invertUpper(second, r);
  return {
    r: multiplyUpper(second, first, r),
    applyQ(x, columns) {
      const rows = panelsOf(engine, nearlyQ, m, r, true);
      const right = panelsOf(engine, multiplySquare(inverse, x, r, columns), r, columns, false);
      const out = multiplyPanels(engine, rows, m, right, columns, r, false);
      engine.arena.release(rows);
      engine.arena.release(right);
      return out;
    },
    free: () => undefined,
  };
}

/** (r, r)·(r, columns), row-major. */
export function multiplySquare(a: Float64Array, b: Float64Array, r: number, columns: number): Float64Array {
  const out = new Float64Array(r * columns);
  for (let i = 0; i < r; i++) {
    for (let k = 0; k < r; k++) {
      const factor = a[i * r + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < columns; j++) out[i * columns + j]! += factor * b[k * columns + j]!;
    }
  }
  return out;
}

function householderFactors(engine: Engine, matrix: TallMatrix): TallFactors {
  const { m, r, address, rowBytes, columnBytes } = matrix;
  const { arena, kernels } = engine;
  const columns = arena.allocate(m * r * 8);
  const taus = arena.allocate(r * 8);
  const source = new DataView(arena.memory.buffer);
  const data = arena.float64(columns, m * r);
  for (let j = 0; j < r; j++) {
    for (let i = 0; i < m; i++) data[j * m + i] = source.getFloat32(address + i * rowBytes + j * columnBytes, true);
  }
  kernels.scan.householder(m, r, columns, m * 8, taus);
  const upper = new Float64Array(r * r);
  for (let i = 0; i < r; i++) for (let j = i; j < r; j++) upper[i * r + j] = data[j * m + i]!;
  return {
    r: upper,
    applyQ(x, count) {
      const at = arena.allocate(m * count * 8);
      const target = arena.float64(at, m * count).fill(0);
      for (let i = 0; i < r; i++) for (let j = 0; j < count; j++) target[j * m + i] = x[i * count + j]!;
      kernels.scan.applyReflectors(m, r, columns, m * 8, taus, count, at, m * 8);
      const out = new Float64Array(m * count);
      for (let i = 0; i < m; i++) for (let j = 0; j < count; j++) out[i * count + j] = target[j * m + i]!;
      arena.release(at);
      return out;
    },
    free() {
      arena.release(columns);
      arena.release(taus);
    },
  };
}

/** Depth of the pieces of a Gram matrix: 2048 float64 of 1024 lines are 16 MiB in the engine's memory. */
const GRAM_DEPTH = 2048;

/**
 * M·Mᵀ, (rows, rows), or for `side` 'columns' MᵀM, (columns, columns), of a row-major matrix M (rows, columns) in
 * float64. NaN and infinities spread as in the plain loops.
 */
export function gram64(
  engine: Engine,
  m: Float64Array,
  rows: number,
  columns: number,
  side: 'rows' | 'columns',
): Float64Array {
  const [lines, length] = side === 'rows' ? [rows, columns] : [columns, rows];
  const sum = new Float64Array(lines * lines);
  for (let first = 0; first < length; first += GRAM_DEPTH) {
    const depth = Math.min(GRAM_DEPTH, length - first);
    const panels =
      side === 'rows'
        ? rowPieces(engine, m, rows, columns, first, depth)
        : columnPieces(engine, m, columns, first, depth);
    const piece = multiplyPanels(engine, panels, lines, panels, lines, depth, true);
    engine.arena.release(panels);
    for (let i = 0; i < sum.length; i++) sum[i]! += piece[i]!;
  }
  return sum;
}

/** Columns `first` to `first + depth` of all rows, packed into panels of rows. */
function rowPieces(
  engine: Engine,
  m: Float64Array,
  rows: number,
  columns: number,
  first: number,
  depth: number,
): number {
  const from = engine.arena.allocate(rows * depth * 8);
  const to = engine.arena.allocate(panelCount(rows) * 32 * depth);
  const target = engine.arena.float64(from, rows * depth);
  for (let i = 0; i < rows; i++) target.set(m.subarray(i * columns + first, i * columns + first + depth), i * depth);
  engine.kernels.scan.panels64(1, from, depth * 8, 8, rows, depth, to);
  engine.arena.release(from);
  return to;
}

/** Rows `first` to `first + depth`, packed into panels of columns. */
function columnPieces(engine: Engine, m: Float64Array, columns: number, first: number, depth: number): number {
  return panelsOf(engine, m.subarray(first * columns, (first + depth) * columns), depth, columns, false);
}
