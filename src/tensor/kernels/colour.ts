/**
 * Converts float32 cells to RGBA pixels. The table has 256 colours for values from low to high, then one each for NaN
 * (256), +Infinity (257) and -Infinity (258).
 */

import { infinity32 } from './constants';

function special(x: f32): usize {
  if (x != x) return 256;
  return x > 0 ? 257 : 258;
}

export function colourCells(from: usize, n: i32, low: f32, scale: f32, colours: usize, to: usize): void {
  const end = to + (<usize>n << 2);
  const exponent = infinity32();
  const lows = f32x4.splat(low);
  const scales = f32x4.splat(scale);
  for (; to + 16 <= end; to += 16) {
    const v = v128.load(from);
    const scaled = f32x4.mul(f32x4.sub(v, lows), scales);
    const index = i32x4.trunc_sat_f32x4_s(f32x4.pmin(f32x4.pmax(scaled, f32x4.splat(0)), f32x4.splat(255)));
    const notFinite = i32x4.eq(v128.and(v, exponent), exponent);
    if (v128.any_true(notFinite)) {
      for (let i: usize = 0; i < 16; i += 4) pixel(from + i, low, scale, colours, to + i);
    } else {
      store<u32>(to, load<u32>(colours + (<usize>i32x4.extract_lane(index, 0) << 2)));
      store<u32>(to, load<u32>(colours + (<usize>i32x4.extract_lane(index, 1) << 2)), 4);
      store<u32>(to, load<u32>(colours + (<usize>i32x4.extract_lane(index, 2) << 2)), 8);
      store<u32>(to, load<u32>(colours + (<usize>i32x4.extract_lane(index, 3) << 2)), 12);
    }
    from += 16;
  }
  for (; to < end; to += 4) {
    pixel(from, low, scale, colours, to);
    from += 4;
  }
}

function pixel(from: usize, low: f32, scale: f32, colours: usize, to: usize): void {
  const x = load<f32>(from);
  const finite = x - x == 0;
  const index = finite ? <usize>min(max((x - low) * scale, 0), 255) : special(x);
  store<u32>(to, load<u32>(colours + (index << 2)));
}
