/**
 * Vector constants of the inner loops, kept in memory. V8 rebuilds a constant vector at every use, even inside a loop,
 * in three instructions. Loading it takes one, and often none when the load is part of another instruction.
 */

/** An address in the memory's first page, which is never allocated, after the job table (engine/jobTable.ts). */
const AT: usize = 32768;

/** Writes the constants. Runs once per memory, before any other kernel. */
export function writeConstants(): void {
  v128.store(AT, i32x4.splat(0xffff0000));
  v128.store(AT, i32x4.splat(0x7fffffff), 16);
  v128.store(AT, i16x8.splat(0x7fff), 32);
  v128.store(AT, i32x4.splat(0x8000), 48);
  v128.store(AT, i32x4.splat(0x7fff), 64);
  v128.store(AT, f32x4.splat(5.192296858534828e33), 80);
  v128.store(AT, i16x8.splat(0x7bff), 96);
  v128.store(AT, i16x8.splat(1), 112);
  v128.store(AT, i32x4.splat(1), 128);
  v128.store(AT, i32x4.splat(0x7bff), 144);
  v128.store(AT, i32x4.splat(0x7f800000), 160);
}

// @ts-ignore: decorator
@inline
export function upperHalves(): v128 {
  return v128.load(AT);
}

// @ts-ignore: decorator
@inline
export function magnitude32(): v128 {
  return v128.load(AT, 16);
}

// @ts-ignore: decorator
@inline
export function magnitude16(): v128 {
  return v128.load(AT, 32);
}

/** Sign bit of a half-precision code in the low half of a lane. */
// @ts-ignore: decorator
@inline
export function halfSign(): v128 {
  return v128.load(AT, 48);
}

/** The other bits of that code. */
// @ts-ignore: decorator
@inline
export function halfMagnitude(): v128 {
  return v128.load(AT, 64);
}

/** 2^112, between the exponents of half and single precision. */
// @ts-ignore: decorator
@inline
export function halfScale(): v128 {
  return v128.load(AT, 80);
}

/** The largest finite half, in every 16-bit lane. */
// @ts-ignore: decorator
@inline
export function largestHalf16(): v128 {
  return v128.load(AT, 96);
}

// @ts-ignore: decorator
@inline
export function ones16(): v128 {
  return v128.load(AT, 112);
}

// @ts-ignore: decorator
@inline
export function ones32(): v128 {
  return v128.load(AT, 128);
}

/** The largest finite half, in every 32-bit lane. */
// @ts-ignore: decorator
@inline
export function largestHalf32(): v128 {
  return v128.load(AT, 144);
}

/** Infinity in single precision: all exponent bits. */
// @ts-ignore: decorator
@inline
export function infinity32(): v128 {
  return v128.load(AT, 160);
}
