/**
 * Moments of a run of entries in one pass over the file's bytes: counts, extremes, mean, squared deviations, L1.
 *
 * Blocks of 512 entries are summed in float32 lanes (64 terms per lane) and added up in float64. A block with NaN or
 * infinities is computed again with masks. A block for which float32 is unsuitable is computed again in float64: one
 * whose squares are out of range, or whose mean is so large compared with its spread that the difference of sums would
 * lose it. Records are combined as in Chan, Golub and LeVeque (1983), so it does not matter which thread computed
 * which.
 */
import { infinity32, largestHalf16, magnitude16, magnitude32, upperHalves } from './constants';
import {
  BF16, Brain, bytesOf, decode32, decode64, F16, F32, Half, isBrain, isHalf, stride, widenFiniteHalf,
} from './decode';

const BLOCK: i32 = 512;
/** A block is computed carefully if its deviations are a smaller share of its squares than this. */
const SPREAD: f64 = 0.015625;
/** Smallest sum of squares that float32 holds without loss from subnormal terms. */
const TINY: f64 = 1e-27;

/**
 * Merges into the record at `out`, ten float64: finite entries, min, max, mean, squared deviations, L1, zeros, NaN,
 * +Inf, -Inf.
 */
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

/** Counts zeros of either sign in whole vectors of 16-bit entries. */
function zeros16(from: usize, end: usize): i32 {
  const magnitude = magnitude16();
  let zeros = i16x8.splat(0);
  for (; from < end; from += 16) {
    zeros = i16x8.sub(zeros, i16x8.eq(v128.and(v128.load(from), magnitude), i16x8.splat(0)));
  }
  return laneTotal(i32x4.add(i32x4.extend_low_i16x8_u(zeros), i32x4.extend_high_i16x8_u(zeros)));
}

/** The value of a BF16 code. */
// @ts-ignore: decorator
@inline
function brain(code: u32): f64 {
  return <f64>reinterpret<f32>(code << 16);
}

/**
 * Computes whole blocks in float32 lanes, adds each to float64 sums, and merges the result into the record. Stops at
 * `end` or at the first block that needs care, and returns its address.
 *
 * Pairs of vectors are combined before they are accumulated, which keeps the live values within sixteen registers and
 * the dependency chain between iterations short.
 *
 * The extremes of BF16 come from its codes, eight per vector. The largest unsigned code is the most negative entry, and
 * the largest signed code is the most positive entry. If all entries have one sign, the other extreme is the least
 * magnitude. That magnitude also shows whether there are zeros to count.
 */
function quick<T>(from: usize, end: usize, out: usize): usize {
  // Longer than 60 lines because its vectors stay in registers, and AssemblyScript cannot return several of them.
  const upper = upperHalves();
  const magnitude = isFloat<T>() ? magnitude32() : magnitude16();
  const bytes = <usize>BLOCK * stride<T>();
  let blocks = 0;
  let zeroCount = 0;
  let allSums: f64 = 0, allAbsolutes: f64 = 0, allSquares: f64 = 0;
  let allLow = f32x4.splat(Infinity), allHigh = f32x4.splat(-Infinity);
  let mostUnsigned = i16x8.splat(0), mostSigned = i16x8.splat(-32768), leastMagnitude = i16x8.splat(32767);
  for (; from + bytes <= end; from += bytes) {
    let sums = f32x4.splat(0), absolutes = f32x4.splat(0), squares = f32x4.splat(0);
    let low = f32x4.splat(Infinity), high = f32x4.splat(-Infinity);
    let zeros = i32x4.splat(0);
    let special = i16x8.splat(0);
    let unsigned = mostUnsigned, signed = mostSigned, least = i16x8.splat(32767);
    let at = from;
    const last = from + bytes;
    do {
      let x: v128, y: v128, a: v128, b: v128;
      const v = v128.load(at);
      if (isFloat<T>()) {
        x = v;
        y = v128.load(at, 16);
        a = v128.and(x, magnitude);
        b = v128.and(y, magnitude);
        zeros = i32x4.sub(zeros, i32x4.add(i32x4.eq(a, i32x4.splat(0)), i32x4.eq(b, i32x4.splat(0))));
        at += 32;
      } else {
        const bits = v128.and(v, magnitude);
        if (isBrain<T>()) {
          unsigned = i16x8.max_u(unsigned, v);
          signed = i16x8.max_s(signed, v);
          least = i16x8.min_u(least, bits);
          x = i32x4.shl(v, 16);
          y = v128.and(v, upper);
          a = i32x4.shl(bits, 16);
          b = v128.and(bits, upper);
        } else {
          zeros = i16x8.sub(zeros, i16x8.eq(bits, i16x8.splat(0)));
          special = v128.or(special, i16x8.gt_s(bits, largestHalf16()));
          x = widenFiniteHalf(i32x4.extend_low_i16x8_u(v));
          y = widenFiniteHalf(i32x4.extend_high_i16x8_u(v));
          a = v128.and(x, magnitude32());
          b = v128.and(y, magnitude32());
        }
        at += 16;
      }
      if (!isBrain<T>()) {
        low = f32x4.pmin(low, f32x4.pmin(x, y));
        high = f32x4.pmax(high, f32x4.pmax(x, y));
      }
      sums = f32x4.add(sums, f32x4.add(x, y));
      absolutes = f32x4.add(absolutes, f32x4.add(a, b));
      squares = f32x4.add(squares, f32x4.add(f32x4.mul(x, x), f32x4.mul(y, y)));
    } while (at < last);
    const square = total(squares);
    const sum = total(sums);
    const absolute = total(absolutes);
    if (!(square < Infinity) || (square < TINY && absolute > 0)) break;
    if (isHalf<T>() && v128.any_true(special)) break;
    if (square - sum * sum * (1.0 / <f64>BLOCK) < square * SPREAD && absolute > 0) break;
    if (isBrain<T>()) {
      mostUnsigned = unsigned;
      mostSigned = signed;
      leastMagnitude = i16x8.min_u(leastMagnitude, least);
      if (!i16x8.all_true(least)) zeroCount += zeros16(from, last);
    } else {
      if (isHalf<T>()) zeros = i32x4.add(i32x4.extend_low_i16x8_u(zeros), i32x4.extend_high_i16x8_u(zeros));
      zeros = i32x4.add(zeros, v128.shuffle<i64>(zeros, zeros, 1, 0));
      zeroCount += i32x4.extract_lane(zeros, 0) + i32x4.extract_lane(zeros, 1);
      allLow = f32x4.pmin(allLow, low);
      allHigh = f32x4.pmax(allHigh, high);
    }
    allSums += sum;
    allAbsolutes += absolute;
    allSquares += square;
    blocks++;
  }
  if (blocks > 0) {
    const n = <f64>(blocks * BLOCK);
    const mean = allSums / n;
    let min = lowest(allLow);
    let max = highest(allHigh);
    if (isBrain<T>()) {
      const least = largest16<u16>(v128.xor(leastMagnitude, i16x8.splat(-1))) ^ 0xffff;
      const negative = largest16<u16>(mostUnsigned);
      const positive = largest16<i16>(mostSigned);
      min = brain(negative >= 0x8000 ? negative : least);
      max = brain(<i32>positive >= 0 ? positive : least | 0x8000);
    }
    merge(out, n, min, max, mean, allSquares - allSums * mean, allAbsolutes);
    bump(out + 48, zeroCount);
  }
  return from;
}

/** The largest of eight lanes, signed or unsigned, widened to 32 bits. */
function largest16<T>(v: v128): u32 {
  let most: T = 0;
  if (isSigned<T>()) most = <T>-32768;
  for (let lane = 0; lane < 8; lane++) {
    const value = <T>i16x8.extract_lane_s(v, 0);
    if (value > most) most = value;
    v = v128.shuffle<i16>(v, v, 1, 2, 3, 4, 5, 6, 7, 0);
  }
  return <u32>most;
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
 * Merges n float64 entries at `values`, made an even number by `padding` NaNs at the end. It makes two passes, for the
 * mean and for the deviations from it. Entries that are not finite are counted, then overwritten by zeros or by the
 * mean.
 */
function careful(values: usize, n: i32, padding: i32, out: usize): void {
  const infinity = f64x2.splat(Infinity);
  let sum = f64x2.splat(0), absolute = f64x2.splat(0);
  let low = f64x2.splat(Infinity), high = f64x2.splat(-Infinity);
  let nans = i64x2.splat(0), plus = i64x2.splat(0), minus = i64x2.splat(0);
  let zeros = i64x2.splat(0), finites = i64x2.splat(0);
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
    min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1)),
    max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1)),
    mean, lanes(squares), lanes(absolute),
  );
}

/**
 * Computes one whole block that contains NaN or infinities in float32 lanes, with masks: they are counted and enter the
 * sums as zeros. Returns false if the other entries need care nevertheless.
 */
function masked(kind: i32, from: usize, out: usize, table: usize, scratch: usize): bool {
  decode32(kind, from, BLOCK, scratch, table);
  const magnitude = magnitude32();
  const infinity = infinity32();
  let sums = f32x4.splat(0), absolutes = f32x4.splat(0), squares = f32x4.splat(0);
  let low = f32x4.splat(Infinity), high = f32x4.splat(-Infinity);
  let zeros = i32x4.splat(0), nans = i32x4.splat(0), finites = i32x4.splat(0), plus = i32x4.splat(0);
  const end = scratch + (<usize>BLOCK << 2);
  for (let at = scratch; at < end; at += 16) {
    const x = v128.load(at);
    const bits = v128.and(x, magnitude);
    const finite = i32x4.lt_s(bits, infinity);
    const y = v128.and(x, finite);
    const a = v128.and(bits, finite);
    finites = i32x4.sub(finites, finite);
    nans = i32x4.sub(nans, i32x4.gt_s(bits, infinity));
    plus = i32x4.sub(plus, i32x4.eq(x, infinity));
    zeros = i32x4.sub(zeros, i32x4.eq(bits, i32x4.splat(0)));
    low = f32x4.pmin(low, v128.bitselect(x, infinity, finite));
    high = f32x4.pmax(high, v128.bitselect(x, f32x4.neg(infinity), finite));
    sums = f32x4.add(sums, y);
    absolutes = f32x4.add(absolutes, a);
    squares = f32x4.add(squares, f32x4.mul(y, y));
  }
  const square = total(squares);
  const sum = total(sums);
  const absolute = total(absolutes);
  const finite = laneTotal(finites);
  if (!(square < Infinity) || (square < TINY && absolute > 0) || finite == 0) return false;
  const n = <f64>finite;
  const mean = sum / n;
  const deviations = square - sum * mean;
  if (deviations < square * SPREAD && absolute > 0) return false;
  const nan = laneTotal(nans);
  const infinite = laneTotal(plus);
  merge(out, n, lowest(low), highest(high), mean, deviations, absolute);
  bump(out + 48, laneTotal(zeros));
  bump(out + 56, nan);
  bump(out + 64, infinite);
  bump(out + 72, BLOCK - finite - nan - infinite);
  return true;
}

// @ts-ignore: decorator
@inline
function laneTotal(v: v128): i32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

function carefulBlock(kind: i32, from: usize, n: i32, out: usize, table: usize, scratch: usize): void {
  decode64(kind, from, n, scratch, table);
  if (n & 1) store<f64>(scratch + (<usize>n << 3), NaN);
  careful(scratch, n + (n & 1), n & 1, out);
}

function blocks<T>(kind: i32, from: usize, n: i32, out: usize, table: usize, scratch: usize): void {
  const bytes = <usize>BLOCK * stride<T>();
  const end = from + <usize>n * stride<T>();
  while (from < end) {
    from = quick<T>(from, end, out);
    if (from >= end) return;
    const count = min<usize>(bytes, end - from);
    if (count < bytes || !masked(kind, from, out, table, scratch)) {
      carefulBlock(kind, from, <i32>(count / stride<T>()), out, table, scratch);
    }
    from += count;
  }
}

/**
 * Writes the record of n entries to `out` (80 bytes). `scratch` is 4096 bytes, 16-byte aligned. Min and max are
 * +Infinity and -Infinity if no entry is finite.
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
