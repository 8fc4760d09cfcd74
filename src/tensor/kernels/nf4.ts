/**
 * NF4 (Dettmers et al., "QLoRA", 2023): a block of 64 entries has its largest magnitude as a common scale, and each
 * entry becomes the nearest of 16 levels, the quantiles of a normal distribution. A byte holds two codes, the first in
 * the high half.
 */
const BLOCK: i32 = 64;

/**
 * Quantises `blocks` blocks of 64 float32 into 32 bytes and one float32 scale each. NaN and infinities propagate to the
 * scale.
 */
export function quantizeNf4(from: usize, blocks: i32, edges: usize, to: usize, scales: usize): void {
  for (; blocks > 0; blocks--) {
    let most = f32x4.splat(0);
    for (let i: usize = 0; i < 256; i += 16) most = f32x4.max(most, f32x4.abs(v128.load(from + i)));
    const two = f32x4.max(most, v128.shuffle<i64>(most, most, 1, 0));
    const scale = max(f32x4.extract_lane(two, 0), f32x4.extract_lane(two, 1));
    store<f32>(scales, scale);
    const inverse = f32x4.splat(scale == 0 ? 0 : 1 / scale);
    for (let i: usize = 0; i < 256; i += 64) {
      const a = f32x4.mul(v128.load(from + i), inverse);
      const b = f32x4.mul(v128.load(from + i, 16), inverse);
      const c = f32x4.mul(v128.load(from + i, 32), inverse);
      const d = f32x4.mul(v128.load(from + i, 48), inverse);
      let na = i32x4.splat(0), nb = i32x4.splat(0), nc = i32x4.splat(0), nd = i32x4.splat(0);
      // The code of an entry is the number of the 15 edges below it. Three per iteration, because loop overhead matters
      // here.
      for (let edge = edges; edge < edges + 60; edge += 12) {
        const e0 = v128.load32_splat(edge);
        na = i32x4.sub(na, f32x4.gt(a, e0));
        nb = i32x4.sub(nb, f32x4.gt(b, e0));
        nc = i32x4.sub(nc, f32x4.gt(c, e0));
        nd = i32x4.sub(nd, f32x4.gt(d, e0));
        const e1 = v128.load32_splat(edge, 4);
        na = i32x4.sub(na, f32x4.gt(a, e1));
        nb = i32x4.sub(nb, f32x4.gt(b, e1));
        nc = i32x4.sub(nc, f32x4.gt(c, e1));
        nd = i32x4.sub(nd, f32x4.gt(d, e1));
        const e2 = v128.load32_splat(edge, 8);
        na = i32x4.sub(na, f32x4.gt(a, e2));
        nb = i32x4.sub(nb, f32x4.gt(b, e2));
        nc = i32x4.sub(nc, f32x4.gt(c, e2));
        nd = i32x4.sub(nd, f32x4.gt(d, e2));
      }
      const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(na, nb), i16x8.narrow_i32x4_u(nc, nd));
      const joined = v128.or(i16x8.shl(bytes, 4), i16x8.shr_u(bytes, 8));
      v128.store64_lane(to, v128.shuffle<i8>(joined, joined, 0, 2, 4, 6, 8, 10, 12, 14, 0, 2, 4, 6, 8, 10, 12, 14), 0);
      to += 8;
    }
    from += 256;
    scales += 4;
  }
}

/** The reverse. `pairs` holds the two levels of every byte (256 * 2 float32). */
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
