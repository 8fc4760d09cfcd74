/**
 * NF4 (Dettmers et al., "QLoRA", 2023): blocks of 64 entries share the largest magnitude as their scale; an entry is
 * the nearest of 16 levels, the quantiles of a normal distribution; two to a byte, the first in the high half.
 */
const BLOCK: i32 = 64;

/** Codes of four scaled entries: how many of the 15 boundaries, from `edges` on, lie below each. */
// @ts-ignore: decorator
@inline
function codes(x: v128, edges: usize): v128 {
  let n = i32x4.splat(0);
  for (let i: usize = 0; i < 60; i += 4) n = i32x4.sub(n, f32x4.gt(x, v128.load32_splat(edges + i)));
  return n;
}

/** `blocks` blocks of 64 float32 into 32 bytes each, and one float32 scale each. NaN and infinities reach the scale. */
export function quantizeNf4(from: usize, blocks: i32, edges: usize, to: usize, scales: usize): void {
  for (; blocks > 0; blocks--) {
    let most = f32x4.splat(0);
    for (let i: usize = 0; i < 256; i += 16) most = f32x4.max(most, f32x4.abs(v128.load(from + i)));
    const two = f32x4.max(most, v128.shuffle<i64>(most, most, 1, 0));
    const scale = max(f32x4.extract_lane(two, 0), f32x4.extract_lane(two, 1));
    store<f32>(scales, scale);
    const inverse = f32x4.splat(scale == 0 ? 0 : 1 / scale);
    for (let i: usize = 0; i < 256; i += 64) {
      const a = codes(f32x4.mul(v128.load(from + i), inverse), edges);
      const b = codes(f32x4.mul(v128.load(from + i, 16), inverse), edges);
      const c = codes(f32x4.mul(v128.load(from + i, 32), inverse), edges);
      const d = codes(f32x4.mul(v128.load(from + i, 48), inverse), edges);
      const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(a, b), i16x8.narrow_i32x4_u(c, d));
      const joined = v128.or(i16x8.shl(bytes, 4), i16x8.shr_u(bytes, 8));
      v128.store64_lane(to, v128.shuffle<i8>(joined, joined, 0, 2, 4, 6, 8, 10, 12, 14, 0, 2, 4, 6, 8, 10, 12, 14), 0);
      to += 8;
    }
    from += 256;
    scales += 4;
  }
}

/** The reverse. `pairs` holds, for every byte, the two levels it stands for (256 * 2 float32). */
export function dequantizeNf4(from: usize, blocks: i32, pairs: usize, scales: usize, to: usize): void {
  for (; blocks > 0; blocks--) {
    const scale = v128.load32_splat(scales);
    for (let i: usize = 0; i < <usize>BLOCK >> 1; i += 4) {
      const four = load<u32>(from + i);
      const a = v128.load64_zero(pairs + (<usize>(four & 0xff) << 3));
      const b = v128.load64_zero(pairs + (<usize>((four >> 8) & 0xff) << 3));
      const c = v128.load64_zero(pairs + (<usize>((four >> 16) & 0xff) << 3));
      const d = v128.load64_zero(pairs + (<usize>(four >> 24) << 3));
      v128.store(to, f32x4.mul(v128.shuffle<i64>(a, b, 0, 2), scale));
      v128.store(to, f32x4.mul(v128.shuffle<i64>(c, d, 0, 2), scale), 16);
      to += 32;
    }
    from += 32;
    scales += 4;
  }
}
