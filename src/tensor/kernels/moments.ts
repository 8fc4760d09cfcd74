/**
 * Moments of a run of entries in one pass over the file's bytes: counts, extremes, mean, squared deviations, L1.
 *
 * Blocks of 512 entries are summed in float32 lanes (64 terms a lane) and folded into float64. A block that this does
 * not suit is done again with care, in float64 and with masks: one with NaN or infinities, with squares out of range,
 * or whose mean so dominates its spread that the difference of sums would lose it. Blocks combine as in Chan, Golub and
 * LeVeque (1983), so the result does not depend on where in memory a block lies or which thread had it.
 */
import { largestHalf16, magnitude16, magnitude32, upperHalves } from './constants';
import { BF16, Brain, bytesOf, decode64, F16, F32, Half, isBrain, isHalf, stride, widenFiniteHalf } from './decode';

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

/** Sum of the lanes of a float32 vector, in float64. */
// @ts-ignore: decorator
@inline
function total(v: v128): f64 {
  const s = f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1)));
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

/**
 * One whole block in float32 lanes. False, with nothing recorded, where it needs care. Pairs of vectors are combined
 * before they are accumulated: few enough live values for sixteen registers, and a short chain from turn to turn.
 */
function quick<T>(from: usize, out: usize): bool {
  const upper = upperHalves();
  const magnitude = isFloat<T>() ? magnitude32() : magnitude16();
  let sums = f32x4.splat(0);
  let absolutes = f32x4.splat(0);
  let squares = f32x4.splat(0);
  let low = f32x4.splat(Infinity), high = f32x4.splat(-Infinity);
  let zeros = i32x4.splat(0);
  let special = i16x8.splat(0);
  const end = from + <usize>BLOCK * stride<T>();
  do {
    let x: v128, y: v128, a: v128, b: v128;
    const v = v128.load(from);
    if (isFloat<T>()) {
      x = v;
      y = v128.load(from, 16);
      a = v128.and(x, magnitude);
      b = v128.and(y, magnitude);
      zeros = i32x4.sub(zeros, i32x4.add(i32x4.eq(a, i32x4.splat(0)), i32x4.eq(b, i32x4.splat(0))));
      from += 32;
    } else {
      const bits = v128.and(v, magnitude);
      zeros = i16x8.sub(zeros, i16x8.eq(bits, i16x8.splat(0)));
      if (isBrain<T>()) {
        x = i32x4.shl(v, 16);
        y = v128.and(v, upper);
        a = i32x4.shl(bits, 16);
        b = v128.and(bits, upper);
      } else {
        special = v128.or(special, i16x8.gt_s(bits, largestHalf16()));
        x = widenFiniteHalf(i32x4.extend_low_i16x8_u(v));
        y = widenFiniteHalf(i32x4.extend_high_i16x8_u(v));
        a = v128.and(x, magnitude32());
        b = v128.and(y, magnitude32());
      }
      from += 16;
    }
    low = f32x4.pmin(low, f32x4.pmin(x, y));
    high = f32x4.pmax(high, f32x4.pmax(x, y));
    sums = f32x4.add(sums, f32x4.add(x, y));
    absolutes = f32x4.add(absolutes, f32x4.add(a, b));
    squares = f32x4.add(squares, f32x4.add(f32x4.mul(x, x), f32x4.mul(y, y)));
  } while (from < end);
  const square = total(squares);
  const sum = total(sums);
  const absolute = total(absolutes);
  if (!(square < Infinity) || (square < TINY && absolute > 0)) return false;
  if (isHalf<T>() && v128.any_true(special)) return false;
  const mean = sum / <f64>BLOCK;
  const deviations = square - sum * mean;
  if (deviations < square * SPREAD && absolute > 0) return false;
  if (!isFloat<T>()) zeros = i32x4.add(i32x4.extend_low_i16x8_u(zeros), i32x4.extend_high_i16x8_u(zeros));
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

function blocks<T>(kind: i32, from: usize, n: i32, out: usize, table: usize, scratch: usize): void {
  const bytes = <usize>BLOCK * stride<T>();
  for (; n >= BLOCK; n -= BLOCK) {
    if (!quick<T>(from, out)) carefulBlock(kind, from, BLOCK, out, table, scratch);
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
  if (kind == F32) return blocks<f32>(kind, from, n, out, table, scratch);
  if (kind == BF16) return blocks<Brain>(kind, from, n, out, table, scratch);
  if (kind == F16) return blocks<Half>(kind, from, n, out, table, scratch);
  for (; n > 0; n -= BLOCK) {
    carefulBlock(kind, from, min(n, BLOCK), out, table, scratch);
    from += <usize>BLOCK * bytesOf(kind);
  }
}
