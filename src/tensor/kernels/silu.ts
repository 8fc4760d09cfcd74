/**
 * The gated unit silu(gate) * up, forward and backward; ../layers/gatedUnit.ts is the plain twin. `count` is at least
 * 4.
 * The last vector overlaps the one before it if the count is no multiple of 4, so outputs are distinct from inputs.
 */
import { exp4 } from './exp';

// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

// @ts-ignore: decorator
@inline
function next(i: i32, count: i32): i32 {
  return i + 4 < count ? min(i + 4, count - 4) : count;
}

export function siluGate(gate: usize, up: usize, out: usize, count: i32): void {
  for (let i = 0; i < count; i = next(i, count)) {
    const at = <usize>i << 2;
    const x = v128.load(gate + at);
    v128.store(out + at, f32x4.mul(f32x4.mul(x, sigmoid(x)), v128.load(up + at)));
  }
}

export function siluGateBackward(
  gate: usize, up: usize, grad: usize, gradGate: usize, gradUp: usize, count: i32,
): void {
  const one = f32x4.splat(1);
  for (let i = 0; i < count; i = next(i, count)) {
    const at = <usize>i << 2;
    const x = v128.load(gate + at);
    const g = v128.load(grad + at);
    const s = sigmoid(x);
    const slope = f32x4.mul(s, f32x4.add(one, f32x4.mul(x, f32x4.sub(one, s))));
    v128.store(gradUp + at, f32x4.mul(g, f32x4.mul(x, s)));
    v128.store(gradGate + at, f32x4.mul(f32x4.mul(g, v128.load(up + at)), slope));
  }
}
