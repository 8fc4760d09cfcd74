/**
 * Double-precision products of tall matrices for spectra: Gram matrices of factors, and a factor times a small matrix.
 * Panels hold four lines, and a 4 x 4 tile uses eight f64x2 accumulators. Products of float32 entries are exact here.
 */

/**
 * Packs lines of a float32 or float64 matrix into float64 panels of four. Entry (line, depth) of a panel is at
 * depth * 4 + line. Entries of a line are `step` bytes apart, lines `ld` bytes apart. Lines after the last are zeros.
 */
export function panels64(wide: i32, from: usize, ld: i32, step: i32, lines: i32, depth: i32, to: usize): void {
  for (let first = 0; first < lines; first += 4) {
    const used = lines - first;
    const l0 = from + <usize>first * <usize>ld;
    // Lines after the last are read from the first line, then set to zero.
    const l1 = used > 1 ? l0 + ld : l0;
    const l2 = used > 2 ? l1 + ld : l0;
    const l3 = used > 3 ? l2 + ld : l0;
    if (wide) panelOf64(l0, l1, l2, l3, step, depth, to);
    else if (ld == 4 && used > 3) panelOfRuns32(l0, step, depth, to);
    else panelOf32(l0, l1, l2, l3, step, depth, to);
    for (let line = used; line < 4; line++) zeroLine64(depth, to + (<usize>line << 3));
    to += <usize>depth << 5;
  }
}

function panelOf64(l0: usize, l1: usize, l2: usize, l3: usize, step: usize, depth: i32, to: usize): void {
  for (; depth > 0; depth--) {
    store<f64>(to, load<f64>(l0));
    store<f64>(to, load<f64>(l1), 8);
    store<f64>(to, load<f64>(l2), 16);
    store<f64>(to, load<f64>(l3), 24);
    l0 += step;
    l1 += step;
    l2 += step;
    l3 += step;
    to += 32;
  }
}

function panelOf32(l0: usize, l1: usize, l2: usize, l3: usize, step: usize, depth: i32, to: usize): void {
  for (; depth > 0; depth--) {
    store<f64>(to, <f64>load<f32>(l0));
    store<f64>(to, <f64>load<f32>(l1), 8);
    store<f64>(to, <f64>load<f32>(l2), 16);
    store<f64>(to, <f64>load<f32>(l3), 24);
    l0 += step;
    l1 += step;
    l2 += step;
    l3 += step;
    to += 32;
  }
}

/** Packs four contiguous lines. */
function panelOfRuns32(from: usize, step: usize, depth: i32, to: usize): void {
  for (; depth > 0; depth--) {
    const v = v128.load(from);
    v128.store(to, f64x2.promote_low_f32x4(v));
    v128.store(to, f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1)), 16);
    from += step;
    to += 32;
  }
}

function zeroLine64(depth: i32, to: usize): void {
  for (; depth > 0; depth--) {
    store<f64>(to, 0);
    to += 32;
  }
}

/** Adds one 4 x 4 tile of A' * B, both panels of four, to c (ldc in bytes). */
function tile4x4(depth: i32, a: usize, b: usize, c: usize, ldc: usize): void {
  let c00 = f64x2.splat(0), c01 = f64x2.splat(0);
  let c10 = f64x2.splat(0), c11 = f64x2.splat(0);
  let c20 = f64x2.splat(0), c21 = f64x2.splat(0);
  let c30 = f64x2.splat(0), c31 = f64x2.splat(0);
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load64_splat(a);
    c00 = f64x2.add(c00, f64x2.mul(x, b0));
    c01 = f64x2.add(c01, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 8);
    c10 = f64x2.add(c10, f64x2.mul(x, b0));
    c11 = f64x2.add(c11, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 16);
    c20 = f64x2.add(c20, f64x2.mul(x, b0));
    c21 = f64x2.add(c21, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 24);
    c30 = f64x2.add(c30, f64x2.mul(x, b0));
    c31 = f64x2.add(c31, f64x2.mul(x, b1));
    a += 32;
    b += 32;
  } while (--depth);
  v128.store(c, f64x2.add(v128.load(c), c00));
  v128.store(c, f64x2.add(v128.load(c, 16), c01), 16);
  c += ldc;
  v128.store(c, f64x2.add(v128.load(c), c10));
  v128.store(c, f64x2.add(v128.load(c, 16), c11), 16);
  c += ldc;
  v128.store(c, f64x2.add(v128.load(c), c20));
  v128.store(c, f64x2.add(v128.load(c, 16), c21), 16);
  c += ldc;
  v128.store(c, f64x2.add(v128.load(c), c30));
  v128.store(c, f64x2.add(v128.load(c, 16), c31), 16);
}

/** Steps of depth at a time. Two panels of this depth are 16 KB. */
const DEPTH: i32 = 256;

/**
 * C += A' * B, where A has `panelsA` and B has `panelsB` panels of the same depth. C is row-major and consists of whole
 * tiles; ldc is in bytes. `upper` restricts the product to tiles on and above the diagonal, for Gram matrices.
 */
export function product64(
  panelsA: i32, panelsB: i32, depth: i32, a: usize, b: usize, c: usize, ldc: i32, upper: i32,
): void {
  const panel = <usize>depth << 5;
  for (let k = 0; k < depth; k += DEPTH) {
    const kc = min(DEPTH, depth - k);
    const offset = <usize>k << 5;
    for (let i = 0; i < panelsA; i++) {
      const row = c + <usize>(i << 2) * <usize>ldc;
      for (let j = upper ? i : 0; j < panelsB; j++) {
        tile4x4(kc, a + <usize>i * panel + offset, b + <usize>j * panel + offset, row + (<usize>j << 5), ldc);
      }
    }
  }
}

/** Dot product of two runs of n float64. */
// @ts-ignore: decorator
@inline
function dot(x: usize, y: usize, n: i32): f64 {
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0);
  const whole = x + (<usize>(n & ~3) << 3);
  for (; x < whole; x += 32) {
    s0 = f64x2.add(s0, f64x2.mul(v128.load(x), v128.load(y)));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(x, 16), v128.load(y, 16)));
    y += 32;
  }
  s0 = f64x2.add(s0, s1);
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  for (let left = n & 3; left > 0; left--) {
    sum += load<f64>(x) * load<f64>(y);
    x += 8;
    y += 8;
  }
  return sum;
}

/** y += factor * x. */
// @ts-ignore: decorator
@inline
function addMultiple(factor: f64, x: usize, y: usize, n: i32): void {
  const f = f64x2.splat(factor);
  const whole = x + (<usize>(n & ~1) << 3);
  for (; x < whole; x += 16) {
    v128.store(y, f64x2.add(v128.load(y), f64x2.mul(f, v128.load(x))));
    y += 16;
  }
  if (n & 1) store<f64>(y, load<f64>(y) + factor * load<f64>(x));
}

/**
 * Householder QR of a (m, n) float64 matrix with m >= n, stored by columns `ld` bytes apart. R replaces the matrix on
 * and above the diagonal. The vectors of the reflectors I - tau v v' replace it below, with v[j] = 1 implied; tau goes
 * to `taus`.
 */
export function householder(m: i32, n: i32, a: usize, ld: i32, taus: usize): void {
  for (let j = 0; j < n; j++) {
    const column = a + <usize>j * <usize>ld + (<usize>j << 3);
    const length = m - j;
    let largest: f64 = 0;
    for (let i = 1; i < length; i++) largest = max(largest, abs(load<f64>(column + (<usize>i << 3))));
    const alpha = load<f64>(column);
    let tau: f64 = 0;
    if (largest > 0) {
      // Scaled so that squares neither overflow nor underflow.
      largest = max(largest, abs(alpha));
      let squares: f64 = 0;
      for (let i = 0; i < length; i++) {
        const t = load<f64>(column + (<usize>i << 3)) / largest;
        squares += t * t;
      }
      const norm = Math.sqrt(squares) * largest;
      const beta = alpha > 0 ? -norm : norm;
      tau = (beta - alpha) / beta;
      const divisor = alpha - beta;
      for (let i = 1; i < length; i++) {
        const at = column + (<usize>i << 3);
        store<f64>(at, load<f64>(at) / divisor);
      }
      store<f64>(column, 1);
      for (let k = j + 1; k < n; k++) {
        const other = a + <usize>k * <usize>ld + (<usize>j << 3);
        addMultiple(-tau * dot(column, other, length), column, other, length);
      }
      store<f64>(column, beta);
    }
    store<f64>(taus + (<usize>j << 3), tau);
  }
}

/** Replaces X (m, columns), stored by columns `ldx` bytes apart, by Q * X, with Q from `householder`. */
export function applyReflectors(
  m: i32, n: i32, a: usize, ld: i32, taus: usize, columns: i32, x: usize, ldx: i32,
): void {
  for (let j = n - 1; j >= 0; j--) {
    const tau = load<f64>(taus + (<usize>j << 3));
    if (tau == 0) continue;
    const column = a + <usize>j * <usize>ld + (<usize>j << 3);
    const diagonal = load<f64>(column);
    store<f64>(column, 1);
    for (let k = 0; k < columns; k++) {
      const other = x + <usize>k * <usize>ldx + (<usize>j << 3);
      addMultiple(-tau * dot(column, other, m - j), column, other, m - j);
    }
    store<f64>(column, diagonal);
  }
}

/** Smaller sums of squares count as 0, as in coreSvd.ts. */
const LEAST_SQUARES: f64 = 1e-280;

/**
 * Householder bidiagonalisation of a row-major (p, q) float64 matrix with p >= q. The diagonal goes to d, the
 * superdiagonal to e, and the factors of the reflections to `left` and `right`, q float64 each. The vectors stay in the
 * matrix (coreSvd.ts). `sums` is scratch memory of q float64.
 */
export function bidiagonalize(
  a: usize, p: i32, q: i32, d: usize, e: usize, left: usize, right: usize, sums: usize,
): void {
  const ld = <usize>q << 3;
  for (let k = 0; k < q; k++) {
    const row = a + <usize>k * ld + (<usize>k << 3);
    const at = <usize>k << 3;
    const width = q - k - 1;
    let squares: f64 = 0;
    for (let i = k, x = row; i < p; i++, x += ld) squares += load<f64>(x) * load<f64>(x);
    const head = load<f64>(row);
    const diagonal = squares <= LEAST_SQUARES ? 0 : head > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    store<f64>(d + at, diagonal);
    store<f64>(left + at, 0);
    store<f64>(right + at, 0);
    store<f64>(e + at, 0);
    if (squares > LEAST_SQUARES) {
      store<f64>(row, head - diagonal);
      const factor = 1 / (squares - head * diagonal);
      store<f64>(left + at, factor);
      memory.fill(sums, 0, <usize>width << 3);
      for (let i = k, x = row; i < p; i++, x += ld) addMultiple(load<f64>(x), x + 8, sums, width);
      for (let i = k, x = row; i < p; i++, x += ld) addMultiple(-factor * load<f64>(x), sums, x + 8, width);
    }
    if (width == 0) return;
    const across = dot(row + 8, row + 8, width);
    const next = load<f64>(row + 8);
    if (across > LEAST_SQUARES && width > 1) {
      const above = next > 0 ? -Math.sqrt(across) : Math.sqrt(across);
      store<f64>(e + at, above);
      store<f64>(row + 8, next - above);
      const factor = 1 / (across - next * above);
      store<f64>(right + at, factor);
      for (let i = k + 1, x = row + ld; i < p; i++, x += ld) {
        addMultiple(-factor * dot(row + 8, x + 8, width), row + 8, x + 8, width);
      }
    } else store<f64>(e + at, next);
  }
}
