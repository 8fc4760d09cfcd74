/**
 * Converts a file's dtypes to float32 or float64. Half precision is widened without a table: exponent and fraction are
 * shifted into place and multiplied by 2^112, which is correct for subnormals too. The exponent of infinities and NaN
 * is set afterwards.
 */

import { halfMagnitude, halfScale, halfSign, infinity32, largestHalf32 } from './constants';

/** Values of `kind` in all of these kernels. engine/dtypes.ts has the same list. */
export const F32: i32 = 0;
export const BF16: i32 = 1;
export const F16: i32 = 2;
export const F64: i32 = 3;
export const I32: i32 = 4;
export const U32: i32 = 5;
export const I64: i32 = 6;
export const U64: i32 = 7;
export const I16: i32 = 8;
export const U16: i32 = 9;
/** One byte, looked up in a table of 256 float32 values: both F8 formats, I8, U8, BOOL. */
export const BYTE: i32 = 10;

// @ts-ignore: decorator
@inline
export function bytesOf(kind: i32): usize {
  if (kind == BYTE) return 1;
  if (kind == BF16 || kind == F16 || kind == I16 || kind == U16) return 2;
  return kind == F32 || kind == I32 || kind == U32 ? 4 : 8;
}

/**
 * Tag types, one per kind, for which kernels are compiled separately. A kind passed as an argument, even a constant
 * one, could become a branch in the loop. Numeric types are their own tags.
 */
export type Brain = i8;
export type Half = bool;
export type Byte = u8;

// @ts-ignore: decorator
@inline
export function isBrain<T>(): bool {
  return sizeof<T>() == 1 && isSigned<T>();
}

// @ts-ignore: decorator
@inline
export function isHalf<T>(): bool {
  return isBoolean<T>();
}

// @ts-ignore: decorator
@inline
export function stride<T>(): usize {
  return isBrain<T>() || isHalf<T>() ? 2 : sizeof<T>();
}

/** Converts four finite half-precision codes, one in the low half of each lane, to float32. */
// @ts-ignore: decorator
@inline
export function widenFiniteHalf(h: v128): v128 {
  const sign = i32x4.shl(v128.and(h, halfSign()), 16);
  const rest = i32x4.shl(v128.and(h, halfMagnitude()), 13);
  return v128.or(sign, f32x4.mul(rest, halfScale()));
}

/** The same for any code: infinities stay infinite, and NaN stays NaN with its payload. */
// @ts-ignore: decorator
@inline
export function widenHalf(h: v128): v128 {
  // The highest exponent in half precision was converted to a finite value of at least 2^16. Its exponent bits are set
  // now.
  const special = i32x4.gt_s(v128.and(h, halfMagnitude()), largestHalf32());
  return v128.or(widenFiniteHalf(h), v128.and(special, infinity32()));
}

function halfAt(from: usize): f32 {
  return f32x4.extract_lane(widenHalf(i32x4.splat(<i32>load<u16>(from))), 0);
}

/** Decodes one entry. */
// @ts-ignore: decorator
@inline
function entry<T>(from: usize, table: usize): f64 {
  if (isBrain<T>()) return <f64>reinterpret<f32>(<u32>load<u16>(from) << 16);
  if (isHalf<T>()) return <f64>halfAt(from);
  if (sizeof<T>() == 1) return <f64>load<f32>(table + (<usize>load<u8>(from) << 2));
  return <f64>load<T>(from);
}

function each64<T>(from: usize, n: i32, to: usize, table: usize): void {
  for (let i = 0; i < n; i++) {
    store<f64>(to, entry<T>(from, table));
    from += stride<T>();
    to += 8;
  }
}

function each32<T>(from: usize, n: i32, to: usize, table: usize): void {
  for (let i = 0; i < n; i++) {
    store<f32>(to, <f32>entry<T>(from, table));
    from += stride<T>();
    to += 4;
  }
}

/** Decodes n entries to float64. 64-bit integers are rounded. `table` is for BYTE. */
export function decode64(kind: i32, from: usize, n: i32, to: usize, table: usize): void {
  switch (kind) {
    case 0: return each64<f32>(from, n, to, table);
    case 1: return each64<Brain>(from, n, to, table);
    case 2: return each64<Half>(from, n, to, table);
    case 3: return each64<f64>(from, n, to, table);
    case 4: return each64<i32>(from, n, to, table);
    case 5: return each64<u32>(from, n, to, table);
    case 6: return each64<i64>(from, n, to, table);
    case 7: return each64<u64>(from, n, to, table);
    case 8: return each64<i16>(from, n, to, table);
    case 9: return each64<u16>(from, n, to, table);
    default: return each64<Byte>(from, n, to, table);
  }
}

function decodeBrain(from: usize, n: i32, to: usize): void {
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const v = v128.load(from);
    v128.store(to, i32x4.shl(i32x4.extend_low_i16x8_u(v), 16));
    v128.store(to, i32x4.shl(i32x4.extend_high_i16x8_u(v), 16), 16);
    from += 16;
    to += 32;
  }
  for (; i < n; i++) {
    store<u32>(to, <u32>load<u16>(from) << 16);
    from += 2;
    to += 4;
  }
}

function decodeHalf(from: usize, n: i32, to: usize): void {
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const v = v128.load(from);
    v128.store(to, widenHalf(i32x4.extend_low_i16x8_u(v)));
    v128.store(to, widenHalf(i32x4.extend_high_i16x8_u(v)), 16);
    from += 16;
    to += 32;
  }
  for (; i < n; i++) {
    store<f32>(to, halfAt(from));
    from += 2;
    to += 4;
  }
}

/** Decodes n entries to float32, rounding wider dtypes. `table` is for BYTE. */
export function decode32(kind: i32, from: usize, n: i32, to: usize, table: usize): void {
  switch (kind) {
    case 0: {
      memory.copy(to, from, <usize>n << 2);
      return;
    }
    case 1: return decodeBrain(from, n, to);
    case 2: return decodeHalf(from, n, to);
    case 3: return each32<f64>(from, n, to, table);
    case 4: return each32<i32>(from, n, to, table);
    case 5: return each32<u32>(from, n, to, table);
    case 6: return each32<i64>(from, n, to, table);
    case 7: return each32<u64>(from, n, to, table);
    case 8: return each32<i16>(from, n, to, table);
    case 9: return each32<u16>(from, n, to, table);
    default: return each32<Byte>(from, n, to, table);
  }
}
