/**
 * From a file's dtypes to float32 or float64. Half precision is widened without a table: shift exponent and fraction
 * into place and multiply by 2^112, which also makes the subnormals right; infinities and NaN get their exponent after.
 */

/** What `kind` means everywhere in these kernels; engine/dtypes.ts has the same list. */
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
/** One byte through a table of 256 float32 values: both F8 formats, I8, U8, BOOL. */
export const BYTE: i32 = 10;

// @ts-ignore: decorator
@inline
export function bytesOf(kind: i32): usize {
  if (kind == BYTE) return 1;
  if (kind == BF16 || kind == F16 || kind == I16 || kind == U16) return 2;
  return kind == F32 || kind == I32 || kind == U32 ? 4 : 8;
}

/** Four half-precision codes, one in the low half of each lane, as float32. Finite codes only. */
// @ts-ignore: decorator
@inline
export function widenFiniteHalf(h: v128): v128 {
  const sign = i32x4.shl(v128.and(h, i32x4.splat(0x8000)), 16);
  const rest = i32x4.shl(v128.and(h, i32x4.splat(0x7fff)), 13);
  return v128.or(sign, f32x4.mul(rest, f32x4.splat(5.192296858534828e33)));
}

/** The same for any code: infinities stay infinite, NaN stays NaN with its payload. */
// @ts-ignore: decorator
@inline
export function widenHalf(h: v128): v128 {
  const special = i32x4.gt_s(v128.and(h, i32x4.splat(0x7fff)), i32x4.splat(0x7bff));
  const bits = v128.or(
    i32x4.shl(v128.and(h, i32x4.splat(0x8000)), 16),
    v128.or(i32x4.shl(v128.and(h, i32x4.splat(0x3ff)), 13), i32x4.splat(0x7f800000)),
  );
  return v128.bitselect(bits, widenFiniteHalf(h), special);
}

function halfAt(from: usize): f32 {
  return f32x4.extract_lane(widenHalf(i32x4.splat(<i32>load<u16>(from))), 0);
}

/** One entry of a kind that has no vector path. */
// @ts-ignore: decorator
@inline
function entry(kind: i32, from: usize, table: usize): f64 {
  if (kind == F64) return load<f64>(from);
  if (kind == I32) return <f64>load<i32>(from);
  if (kind == U32) return <f64>load<u32>(from);
  if (kind == I64) return <f64>load<i64>(from);
  if (kind == U64) return <f64>load<u64>(from);
  if (kind == I16) return <f64>load<i16>(from);
  if (kind == U16) return <f64>load<u16>(from);
  if (kind == F16) return <f64>halfAt(from);
  if (kind == BF16) return <f64>reinterpret<f32>(<u32>load<u16>(from) << 16);
  if (kind == BYTE) return <f64>load<f32>(table + (<usize>load<u8>(from) << 2));
  return <f64>load<f32>(from);
}

// @ts-ignore: decorator
@inline
function each64(kind: i32, from: usize, n: i32, to: usize, table: usize): void {
  for (let i = 0; i < n; i++) {
    store<f64>(to, entry(kind, from, table));
    from += bytesOf(kind);
    to += 8;
  }
}

// @ts-ignore: decorator
@inline
function each32(kind: i32, from: usize, n: i32, to: usize, table: usize): void {
  for (let i = 0; i < n; i++) {
    store<f32>(to, <f32>entry(kind, from, table));
    from += bytesOf(kind);
    to += 4;
  }
}

/** n entries as float64. 64-bit integers are rounded. */
export function decode64(kind: i32, from: usize, n: i32, to: usize, table: usize): void {
  switch (kind) {
    case 0: return each64(F32, from, n, to, table);
    case 1: return each64(BF16, from, n, to, table);
    case 2: return each64(F16, from, n, to, table);
    case 3: return each64(F64, from, n, to, table);
    case 4: return each64(I32, from, n, to, table);
    case 5: return each64(U32, from, n, to, table);
    case 6: return each64(I64, from, n, to, table);
    case 7: return each64(U64, from, n, to, table);
    case 8: return each64(I16, from, n, to, table);
    case 9: return each64(U16, from, n, to, table);
    default: return each64(BYTE, from, n, to, table);
  }
}

function decodeBrain(from: usize, n: i32, to: usize): void {
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const v = v128.load(from);
    const zero = i16x8.splat(0);
    v128.store(to, v128.shuffle<i16>(zero, v, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(to, v128.shuffle<i16>(zero, v, 4, 12, 5, 13, 6, 14, 7, 15), 16);
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

/** n entries as float32, rounded where the dtype is wider. `table` serves BYTE. */
export function decode32(kind: i32, from: usize, n: i32, to: usize, table: usize): void {
  switch (kind) {
    case 0: {
      memory.copy(to, from, <usize>n << 2);
      return;
    }
    case 1: return decodeBrain(from, n, to);
    case 2: return decodeHalf(from, n, to);
    case 3: return each32(F64, from, n, to, table);
    case 4: return each32(I32, from, n, to, table);
    case 5: return each32(U32, from, n, to, table);
    case 6: return each32(I64, from, n, to, table);
    case 7: return each32(U64, from, n, to, table);
    case 8: return each32(I16, from, n, to, table);
    case 9: return each32(U16, from, n, to, table);
    default: return each32(BYTE, from, n, to, table);
  }
}
