/**
 * The peak rate of 128-bit multiply-adds on this machine: twelve chains in registers, no memory. AssemblyScript,
 * compiled by the bench with and without relaxed SIMD.
 */

// @ts-ignore: decorator
@inline
function step(x: v128, y: v128, c: v128): v128 {
  if (FUSED) return f32x4.relaxed_madd(x, y, c);
  return f32x4.add(c, f32x4.mul(x, y));
}

/**
 * Performs 96 floating-point operations per iteration. The factors are arguments because V8 rebuilds constants at every
 * use.
 */
export function peak(turns: i32, factor: f32, other: f32): f32 {
  const x = f32x4.splat(factor);
  const y = f32x4.splat(other);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(1), c2 = f32x4.splat(2), c3 = f32x4.splat(3);
  let c4 = f32x4.splat(4), c5 = f32x4.splat(5), c6 = f32x4.splat(6), c7 = f32x4.splat(7);
  let c8 = f32x4.splat(8), c9 = f32x4.splat(9), c10 = f32x4.splat(10), c11 = f32x4.splat(11);
  do {
    c0 = step(x, y, c0);
    c1 = step(x, y, c1);
    c2 = step(x, y, c2);
    c3 = step(x, y, c3);
    c4 = step(x, y, c4);
    c5 = step(x, y, c5);
    c6 = step(x, y, c6);
    c7 = step(x, y, c7);
    c8 = step(x, y, c8);
    c9 = step(x, y, c9);
    c10 = step(x, y, c10);
    c11 = step(x, y, c11);
  } while (--turns);
  const s = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7)));
  const t = f32x4.add(s, f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11)));
  return f32x4.extract_lane(t, 0);
}
