/**
 * Moments of a run of entries in one pass over the file's bytes: counts, extremes, mean, squared deviations, L1.
 *
 * Blocks of 512 entries are summed in float32 lanes (64 terms a lane) and folded into float64. A block that this does
 * not suit is done again with care, in float64 and with masks: one with NaN or infinities, with squares out of range,
 * or whose mean so dominates its spread that the difference of sums would lose it. Blocks combine as in Chan, Golub and
 * LeVeque (1983), so the result does not depend on where in memory a block lies or which thread had it.
 */
import { BF16, F16, F32, bytesOf, decode64, widenFiniteHalf } from './decode';

const BLOCK: i32 = 512;
/** A block whose deviations are a smaller share of its squares goes the careful way. */
const SPREAD: f64 = 0.015625;
/** Smallest sum of squares that float32 holds without loss from subnormal terms. */
const TINY: f64 = 1e-27;

/** The record, float64s from `out` on: finite entries, min, max, mean, squared deviations, L1, zeros, NaN, +Inf, -Inf. */
function merge(out: usize, n: f64, low: f64, high: f64, mean: f64, deviations: f64, l1: f64): void {
  const before = load<f64>(out);
  const all = before + n;
  const shift = mean - load<f64>(out, 24);
  store<f64>(out, all);
  store<f64>(out, min(load<f64>(out, 8), low), 8);
  store<f64>(out, max(load<f64>(out, 16), high), 16);
  store<f64>(out, load<f64>(out, 24) + (shift * n) / all, 24);
  store<f64>(out, load<f64>(out, 32) + deviations + (shift * shift * before * n) / all, 32);
  store<f64>(out, load<f64>(out, 40) + l1, 40);
}

// @ts-ignore: decorator
@inline
function bump(at: usize, n: i32): void {
  store<f64>(at, load<f64>(at) + <f64>n);
}

/** Sum of the lanes of two float32 vectors, in float64. */
// @ts-ignore: decorator
@inline
function total(a: v128, b: v128): f64 {
  const low = f64x2.add(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  const shuffledA = v128.shuffle<i64>(a, a, 1, 1);
  const shuffledB = v128.shuffle<i64>(b, b, 1, 1);
  const s = f64x2.add(low, f64x2.add(f64x2.promote_low_f32x4(shuffledA), f64x2.promote_low_f32x4(shuffledB)));
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}

// @ts-ignore: decorator
@inline
function lowest(v: v128): f64 {
  const half = f32x4.pmin(v, v128.shuffle<i64>(v, v, 1, 0));
  return <f64>min(f32x4.extract_lane(half, 0), f32x4.extract_lane(half, 1));
}

// @ts-ignore: decorator
@inline
function highest(v: v128): f64 {
  const half = f32x4.pmax(v, v128.shuffle<i64>(v, v, 1, 0));
  return <f64>max(f32x4.extract_lane(half, 0), f32x4.extract_lane(half, 1));
}

/** One whole block in float32 lanes. False, with nothing recorded, where it needs care. */
// @ts-ignore: decorator
@inline
function quick(kind: i32, from: usize, out: usize): bool {
  const magnitude = i32x4.splat(0x7fffffff);
  const upper = i32x4.splat(0xffff0000);
  const magnitude16 = i16x8.splat(0x7fff);
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0);
  let l0 = f32x4.splat(0), l1 = f32x4.splat(0);
  let q0 = f32x4.splat(0), q1 = f32x4.splat(0);
  let low = f32x4.splat(Infinity), high = f32x4.splat(-Infinity);
  let zeros = i32x4.splat(0);
  let special = i16x8.splat(0);
  for (let i = 0; i < BLOCK; i += 8) {
    let x: v128, y: v128;
    const v = v128.load(from);
    if (kind == F32) {
      x = v;
      y = v128.load(from, 16);
      from += 32;
    } else {
      const bits = v128.and(v, magnitude16);
      zeros = i16x8.sub(zeros, i16x8.eq(bits, i16x8.splat(0)));
      if (kind == BF16) {
        x = i32x4.shl(v, 16);
        y = v128.and(v, upper);
      } else {
        special = v128.or(special, i16x8.gt_s(bits, i16x8.splat(0x7bff)));
        x = widenFiniteHalf(i32x4.extend_low_i16x8_u(v));
        y = widenFiniteHalf(i32x4.extend_high_i16x8_u(v));
      }
      from += 16;
    }
    const a = v128.and(x, magnitude);
    const b = v128.and(y, magnitude);
    if (kind == F32) {
      zeros = i32x4.sub(zeros, i32x4.eq(a, i32x4.splat(0)));
      zeros = i32x4.sub(zeros, i32x4.eq(b, i32x4.splat(0)));
    }
    low = f32x4.pmin(low, x);
    high = f32x4.pmax(high, x);
    low = f32x4.pmin(low, y);
    high = f32x4.pmax(high, y);
    s0 = f32x4.add(s0, x);
    s1 = f32x4.add(s1, y);
    l0 = f32x4.add(l0, a);
    l1 = f32x4.add(l1, b);
    q0 = f32x4.add(q0, f32x4.mul(x, x));
    q1 = f32x4.add(q1, f32x4.mul(y, y));
  }
  const squares = total(q0, q1);
  const sum = total(s0, s1);
  const absolute = total(l0, l1);
  if (!(squares < Infinity) || (squares < TINY && absolute > 0)) return false;
  if (kind == F16 && v128.any_true(special)) return false;
  const mean = sum / <f64>BLOCK;
  const deviations = squares - sum * mean;
  if (deviations < squares * SPREAD && absolute > 0) return false;
  if (kind != F32) zeros = i32x4.add(i32x4.extend_low_i16x8_u(zeros), i32x4.extend_high_i16x8_u(zeros));
  merge(out, <f64>BLOCK, lowest(low), highest(high), mean, deviations, absolute);
  bump(out + 48, i32x4.extract_lane(zeros, 0) + i32x4.extract_lane(zeros, 1) + i32x4.extract_lane(zeros, 2) + i32x4.extract_lane(zeros, 3));
  return true;
}

// @ts-ignore: decorator
@inline
function lanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

// @ts-ignore: decorator
@inline
function laneCounts(v: v128): i32 {
  return <i32>(i64x2.extract_lane(v, 0) + i64x2.extract_lane(v, 1));
}

/**
 * n entries as float64 at `values`, an even number of them by `padding` NaNs at the end: twice over, for the mean and
 * then for the deviations from it. Entries that are not finite are counted and then overwritten by zeros or the mean.
 */
function careful(values: usize, n: i32, padding: i32, out: usize): void {
  const infinity = f64x2.splat(Infinity);
  let sum = f64x2.splat(0), absolute = f64x2.splat(0);
  let low = f64x2.splat(Infinity), high = f64x2.splat(-Infinity);
  let nans = i64x2.splat(0), plus = i64x2.splat(0), minus = i64x2.splat(0), zeros = i64x2.splat(0), finites = i64x2.splat(0);
  for (let i = 0; i < n; i += 2) {
    const x = v128.load(values + (<usize>i << 3));
    const size = f64x2.abs(x);
    const finite = f64x2.lt(size, infinity);
    nans = i64x2.sub(nans, f64x2.ne(x, x));
    plus = i64x2.sub(plus, f64x2.eq(x, infinity));
    minus = i64x2.sub(minus, f64x2.eq(x, f64x2.splat(-Infinity)));
    zeros = i64x2.sub(zeros, f64x2.eq(x, f64x2.splat(0)));
    finites = i64x2.sub(finites, finite);
    sum = f64x2.add(sum, v128.and(x, finite));
    absolute = f64x2.add(absolute, v128.and(size, finite));
    low = f64x2.pmin(low, v128.bitselect(x, infinity, finite));
    high = f64x2.pmax(high, v128.bitselect(x, f64x2.splat(-Infinity), finite));
  }
  const count = <f64>laneCounts(finites);
  bump(out + 48, laneCounts(zeros));
  bump(out + 56, laneCounts(nans) - padding);
  bump(out + 64, laneCounts(plus));
  bump(out + 72, laneCounts(minus));
  if (count == 0) return;
  const mean = lanes(sum) / count;
  const means = f64x2.splat(mean);
  let squares = f64x2.splat(0);
  for (let i = 0; i < n; i += 2) {
    const x = v128.load(values + (<usize>i << 3));
    const d = v128.and(f64x2.sub(x, means), f64x2.lt(f64x2.abs(x), infinity));
    squares = f64x2.add(squares, f64x2.mul(d, d));
  }
  merge(
    out, count,
    min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1)), max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1)),
    mean, lanes(squares), lanes(absolute),
  );
}

function carefulBlock(kind: i32, from: usize, n: i32, out: usize, table: usize, scratch: usize): void {
  decode64(kind, from, n, scratch, table);
  if (n & 1) store<f64>(scratch + (<usize>n << 3), NaN);
  careful(scratch, n + (n & 1), n & 1, out);
}

// @ts-ignore: decorator
@inline
function blocks(kind: i32, from: usize, n: i32, out: usize, table: usize, scratch: usize): void {
  const bytes = <usize>BLOCK * bytesOf(kind);
  for (; n >= BLOCK; n -= BLOCK) {
    if (!quick(kind, from, out)) carefulBlock(kind, from, BLOCK, out, table, scratch);
    from += bytes;
  }
  if (n > 0) carefulBlock(kind, from, n, out, table, scratch);
}

/**
 * The record of n entries, written at `out` (80 bytes). `scratch` is 4096 bytes, 16-byte aligned. Min and max are
 * +Infinity and -Infinity where nothing is finite.
 */
export function moments(kind: i32, from: usize, n: i32, out: usize, table: usize, scratch: usize): void {
  memory.fill(out, 0, 80);
  store<f64>(out, Infinity, 8);
  store<f64>(out, -Infinity, 16);
  if (kind == F32) return blocks(F32, from, n, out, table, scratch);
  if (kind == BF16) return blocks(BF16, from, n, out, table, scratch);
  if (kind == F16) return blocks(F16, from, n, out, table, scratch);
  for (; n > 0; n -= BLOCK) {
    carefulBlock(kind, from, min(n, BLOCK), out, table, scratch);
    from += <usize>BLOCK * bytesOf(kind);
  }
}
