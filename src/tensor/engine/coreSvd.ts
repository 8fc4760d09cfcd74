/**
 * Singular values, and optionally vectors, of a small dense matrix in float64: Householder bidiagonalisation followed
 * by implicit QR steps with Wilkinson's shift (Golub and Kahan 1965; Golub and Van Loan, "Matrix Computations", 5.4 and
 * 8.6). Errors are about one rounding of the largest value.
 *
 * This is faster than the Jacobi method of ../svd, which is the reference and more accurate for tiny values.
 */

import type { Engine } from './engine';
import { EngineError } from './engineError';

interface CoreSvd {
  /** Descending. */
  readonly values: Float64Array;
  /** (p, q) and (q, q), row-major, columns in the order of the values. `null` if no vectors were requested. */
  readonly u: Float64Array | null;
  readonly v: Float64Array | null;
}

/** Limit on QR steps per value. Two or three are usual. */
const MAX_STEPS = 60;

/**
 * Sums of squares up to this size count as 0 in a matrix whose largest entry is 1. Their inverse would not be finite,
 * and the entries are far below rounding. The kernel uses the same limit.
 */
const LEAST_SQUARES = 1e-280;

/** Number of columns from which copying a matrix into the engine's memory pays off. */
const LEAST_COLUMNS = 32;

/**
 * Decomposes `matrix` (p, q), row-major with p >= q and finite entries, without modifying it. The engine helps with
 * large ones.
 */
export function coreSvd(matrix: Float64Array, p: number, q: number, vectors: boolean, engine?: Engine): CoreSvd {
  let largest = 0;
  for (const x of matrix) largest = Math.max(largest, Math.abs(x));
  const scale = largest > 0 ? largest : 1;
  const a = matrix.map((x) => x / scale);
  const { d, e, left, right } =
    engine && q >= LEAST_COLUMNS ? bidiagonalizeIn(engine, a, p, q) : bidiagonalize(a, p, q);
  // Transposed, so that rotating two columns accesses two contiguous runs of memory.
  const ut = vectors ? accumulateLeft(a, left, p, q) : null;
  const vt = vectors ? accumulateRight(a, right, q) : null;
  diagonalize(d, e, ut, p, vt, q);
  return sorted(d, scale, ut, p, vt, q);
}

interface Bidiagonal {
  readonly d: Float64Array;
  readonly e: Float64Array;
  /** Factors of the reflections I - factor·v·vᵀ. The vectors are stored in the matrix. */
  readonly left: Float64Array;
  readonly right: Float64Array;
}

/** The kernel version of `bidiagonalize`. */
function bidiagonalizeIn({ arena, kernels }: Engine, a: Float64Array, p: number, q: number): Bidiagonal {
  const at = arena.allocate(8 * (p * q + 5 * q));
  const parts = [0, 1, 2, 3, 4].map((i) => at + 8 * (p * q + i * q));
  arena.float64(at, p * q).set(a);
  kernels.scan.bidiagonalize(at, p, q, ...parts);
  a.set(arena.float64(at, p * q));
  const [d, e, left, right] = parts.map((part) => arena.float64(part, q).slice());
  arena.release(at);
  return { d: d!, e: e!, left: left!, right: right! };
}

function bidiagonalize(a: Float64Array, p: number, q: number): Bidiagonal {
  const [d, e] = [new Float64Array(q), new Float64Array(q)];
  const [left, right] = [new Float64Array(q), new Float64Array(q)];
  const sums = new Float64Array(q);
  for (let k = 0; k < q; k++) {
    let squares = 0;
    for (let i = k; i < p; i++) squares += a[i * q + k]! ** 2;
    const head = a[k * q + k]!;
    if (squares > LEAST_SQUARES) {
      d[k] = head > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
      a[k * q + k] = head - d[k]!;
      left[k] = 1 / (squares - head * d[k]!);
      reflectRows(a, p, q, k, left[k]!, sums);
    }
    if (k + 1 >= q) break;
    const row = k * q;
    let across = 0;
    for (let j = k + 1; j < q; j++) across += a[row + j]! ** 2;
    const next = a[row + k + 1]!;
    if (across > LEAST_SQUARES && k + 2 < q) {
      e[k] = next > 0 ? -Math.sqrt(across) : Math.sqrt(across);
      a[row + k + 1] = next - e[k]!;
      right[k] = 1 / (across - next * e[k]!);
      reflectColumns(a, p, q, k, right[k]!);
    } else e[k] = next;
  }
  return { d, e, left, right };
}

/** Applies the reflection whose vector is column k, from row k down, to the later columns. */
function reflectRows(a: Float64Array, p: number, q: number, k: number, factor: number, sums: Float64Array): void {
  sums.fill(0);
  for (let i = k; i < p; i++) {
    const x = a[i * q + k]!;
    for (let j = k + 1; j < q; j++) sums[j]! += x * a[i * q + j]!;
  }
  for (let i = k; i < p; i++) {
    const x = factor * a[i * q + k]!;
    for (let j = k + 1; j < q; j++) a[i * q + j]! -= x * sums[j]!;
  }
}

/** Applies the reflection whose vector is row k, from column k + 1 on, to the later rows. */
function reflectColumns(a: Float64Array, p: number, q: number, k: number, factor: number): void {
  const row = k * q;
  for (let i = k + 1; i < p; i++) {
    const at = i * q;
    let sum = 0;
    for (let j = k + 1; j < q; j++) sum += a[row + j]! * a[at + j]!;
    sum *= factor;
    for (let j = k + 1; j < q; j++) a[at + j]! -= sum * a[row + j]!;
  }
}

/** The first q columns of the product of the left reflections, transposed: (q, p). */
function accumulateLeft(a: Float64Array, factors: Float64Array, p: number, q: number): Float64Array {
  const ut = new Float64Array(q * p);
  for (let j = 0; j < q; j++) ut[j * p + j] = 1;
  const vector = new Float64Array(p);
  for (let k = q - 1; k >= 0; k--) {
    if (factors[k] === 0) continue;
    for (let i = k; i < p; i++) vector[i] = a[i * q + k]!;
    reflectRuns(ut, p, k, q, vector, k, factors[k]!);
  }
  return ut;
}

/** The product of the right reflections, transposed: (q, q). */
function accumulateRight(a: Float64Array, factors: Float64Array, q: number): Float64Array {
  const vt = new Float64Array(q * q);
  for (let j = 0; j < q; j++) vt[j * q + j] = 1;
  for (let k = q - 3; k >= 0; k--) {
    if (factors[k] !== 0) reflectRuns(vt, q, k + 1, q, a.subarray(k * q, k * q + q), k + 1, factors[k]!);
  }
  return vt;
}

/** Applies I - factor·v·vᵀ, with v from entry `start` on, to runs first..last of `length` entries each. */
function reflectRuns(
  runs: Float64Array,
  length: number,
  first: number,
  last: number,
  v: Float64Array,
  start: number,
  factor: number,
): void {
  for (let j = first; j < last; j++) {
    const at = j * length;
    let sum = 0;
    for (let i = start; i < length; i++) sum += v[i]! * runs[at + i]!;
    sum *= factor;
    for (let i = start; i < length; i++) runs[at + i]! -= sum * v[i]!;
  }
}

/** Rotates runs i and j of `length` entries: (x, y) becomes (c·x + s·y, c·y - s·x). */
function rotateRuns(runs: Float64Array | null, length: number, i: number, j: number, c: number, s: number): void {
  if (!runs) return;
  for (let x = i * length, y = j * length; x < (i + 1) * length; x++, y++) {
    const first = runs[x]!;
    const second = runs[y]!;
    runs[x] = c * first + s * second;
    runs[y] = c * second - s * first;
  }
}

/** Reduces the bidiagonal matrix with diagonal d and superdiagonal e to a diagonal one, in place. */
function diagonalize(
  d: Float64Array,
  e: Float64Array,
  ut: Float64Array | null,
  p: number,
  vt: Float64Array | null,
  q: number,
): void {
  let norm = 0;
  for (let i = 0; i < q; i++) norm = Math.max(norm, Math.abs(d[i]!) + Math.abs(e[i]!));
  const negligible = Number.EPSILON * norm;
  let end = q - 1;
  for (let steps = 0; end > 0; steps++) {
    if (steps > MAX_STEPS * q) throw new EngineError(`singular values of a (${p}, ${q}) matrix do not converge`);
    for (let i = 0; i < end; i++) {
      if (Math.abs(e[i]!) <= Number.EPSILON * (Math.abs(d[i]!) + Math.abs(d[i + 1]!))) e[i] = 0;
    }
    while (end > 0 && e[end - 1] === 0) end--;
    if (end === 0) return;
    let start = end - 1;
    while (start > 0 && e[start - 1] !== 0) start--;
    const zero = d.subarray(start, end).findIndex((x) => Math.abs(x) <= negligible);
    if (zero >= 0) clearRow(d, e, start + zero, end, ut, p);
    else qrStep(d, e, start, end, ut, p, vt, q);
  }
}

/** If d[k] is 0, rotates e[k] out of its row, down to `end`. */
function clearRow(d: Float64Array, e: Float64Array, k: number, end: number, ut: Float64Array | null, p: number): void {
  d[k] = 0;
  let bulge = e[k]!;
  e[k] = 0;
  for (let j = k + 1; j <= end && bulge !== 0; j++) {
    const length = Math.hypot(d[j]!, bulge);
    const [c, s] = [d[j]! / length, bulge / length];
    d[j] = length;
    if (j < end) {
      bulge = -s * e[j]!;
      e[j] = c * e[j]!;
    }
    rotateRuns(ut, p, j, k, c, s);
  }
}

/**
 * One implicit QR step on the block from `start` to `end`. The shift is the eigenvalue nearer to its last diagonal
 * entry.
 */
function qrStep(
  d: Float64Array,
  e: Float64Array,
  start: number,
  end: number,
  ut: Float64Array | null,
  p: number,
  vt: Float64Array | null,
  q: number,
): void {
  const before = end - 1 > start ? e[end - 2]! : 0;
  const t11 = d[end - 1]! ** 2 + before ** 2;
  const t12 = d[end - 1]! * e[end - 1]!;
  const t22 = d[end]! ** 2 + e[end - 1]! ** 2;
  const half = (t11 - t22) / 2;
  const root = Math.hypot(half, t12);
  const denominator = half + (half < 0 ? -root : root);
  const shift = denominator === 0 ? t22 : t22 - t12 ** 2 / denominator;
  let y = d[start]! ** 2 - shift;
  let z = d[start]! * e[start]!;
  for (let k = start; k < end; k++) {
    let length = Math.hypot(y, z);
    let [c, s] = length === 0 ? [1, 0] : [y / length, z / length];
    if (k > start) e[k - 1] = length;
    y = c * d[k]! + s * e[k]!;
    e[k] = c * e[k]! - s * d[k]!;
    z = s * d[k + 1]!;
    d[k + 1] = c * d[k + 1]!;
    rotateRuns(vt, q, k, k + 1, c, s);
    length = Math.hypot(y, z);
    [c, s] = length === 0 ? [1, 0] : [y / length, z / length];
    d[k] = length;
    y = c * e[k]! + s * d[k + 1]!;
    d[k + 1] = c * d[k + 1]! - s * e[k]!;
    if (k + 1 < end) {
      z = s * e[k + 1]!;
      e[k + 1] = c * e[k + 1]!;
    }
    rotateRuns(ut, p, k, k + 1, c, s);
    if (k + 1 === end) e[k] = y;
  }
}

/** Makes the values positive and sorts them together with their vectors. */
function sorted(
  d: Float64Array,
  scale: number,
  ut: Float64Array | null,
  p: number,
  vt: Float64Array | null,
  q: number,
): CoreSvd {
  const order = [...d.keys()].sort((i, j) => Math.abs(d[j]!) - Math.abs(d[i]!));
  const values = Float64Array.from(order, (i) => Math.abs(d[i]!) * scale);
  const columns = (runs: Float64Array | null, rows: number, signed: boolean): Float64Array | null => {
    if (!runs) return null;
    const out = new Float64Array(rows * q);
    order.forEach((from, to) => {
      const sign = signed && d[from]! < 0 ? -1 : 1;
      for (let i = 0; i < rows; i++) out[i * q + to] = sign * runs[from * rows + i]!;
    });
    return out;
  };
  return { values, u: columns(ut, p, true), v: columns(vt, q, false) };
}
