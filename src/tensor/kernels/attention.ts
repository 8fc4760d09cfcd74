/**
 * Attention of several sequences with grouped heads, forward and backward; ../layers/attention.ts is the plain twin and
 * has the formulas. Rows of queries, keys and values are float32, and `headDim` is a multiple of 4.
 *
 * `spans` is a list of int32: the first query row of each sequence and the number of rows (sequences + 1), the same for
 * the keys, then the first key that each query row sees, and the end of those. A row of `p` has `stride` values, at
 * least three more than the longest sequence has keys.
 */
import { exp4 } from './exp';

/** Sum of the lanes. */
// @ts-ignore: decorator
@inline
function lanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Dot product of `bytes` / 4 values. */
// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, bytes: usize): f32 {
  let sum = f32x4.splat(0);
  for (let d: usize = 0; d < bytes; d += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a + d), v128.load(b + d)));
  return lanes(sum);
}

// @ts-ignore: decorator
@inline
function addScaled(to: usize, factor: v128, from: usize, bytes: usize): void {
  for (let d: usize = 0; d < bytes; d += 16) {
    v128.store(to + d, f32x4.add(v128.load(to + d), f32x4.mul(factor, v128.load(from + d))));
  }
}

export function attend(
  q: usize, k: usize, v: usize, p: usize, out: usize, spans: usize,
  sequences: i32, rows: i32, heads: i32, keyValueHeads: i32, headDim: i32, stride: i32,
): void {
  const bytes = <usize>headDim << 2;
  const ldq = bytes * heads;
  const ldk = bytes * keyValueHeads;
  const keyStarts = spans + (<usize>(sequences + 1) << 2);
  const firsts = keyStarts + (<usize>(sequences + 1) << 2);
  const ends = firsts + (<usize>rows << 2);
  const scale = <f32>(1 / Math.sqrt(<f64>headDim));
  for (let s = 0; s < sequences; s++) {
    const end = load<i32>(spans + (<usize>s << 2), 4);
    const keys = <usize>load<i32>(keyStarts + (<usize>s << 2)) * ldk;
    for (let row = load<i32>(spans + (<usize>s << 2)); row < end; row++) {
      const first = load<i32>(firsts + (<usize>row << 2));
      const past = load<i32>(ends + (<usize>row << 2));
      for (let head = 0; head < heads; head++) {
        const at = keys + <usize>((head * keyValueHeads) / heads) * bytes;
        const own = q + <usize>row * ldq + <usize>head * bytes;
        const weights = p + (<usize>((row * heads + head) * stride) << 2);
        let largest: f32 = -f32.MAX_VALUE;
        for (let j = first; j < past; j++) {
          const score = dot(own, k + at + <usize>j * ldk, bytes) * scale;
          store<f32>(weights + (<usize>j << 2), score);
          largest = max(largest, score);
        }
        const shift = f32x4.splat(largest);
        for (let j = first; j < past; j += 4) {
          const place = weights + (<usize>j << 2);
          v128.store(place, exp4(f32x4.sub(v128.load(place), shift)));
        }
        let sum: f32 = 0;
        for (let j = first; j < past; j++) sum += load<f32>(weights + (<usize>j << 2));
        const share = f32x4.splat(1 / sum);
        for (let j = first; j < past; j += 4) {
          const place = weights + (<usize>j << 2);
          v128.store(place, f32x4.mul(v128.load(place), share));
        }
        const to = out + <usize>row * ldq + <usize>head * bytes;
        for (let d: usize = 0; d < bytes; d += 16) {
          let mixed = f32x4.splat(0);
          for (let j = first; j < past; j++) {
            const weight = v128.load32_splat(weights + (<usize>j << 2));
            mixed = f32x4.add(mixed, f32x4.mul(weight, v128.load(v + at + <usize>j * ldk + d)));
          }
          v128.store(to + d, mixed);
        }
      }
    }
  }
}

/** Writes dq, and adds to dk and dv, which start at zero. `work` has room for a row of `p`. */
export function attendBackward(
  q: usize, k: usize, v: usize, p: usize, g: usize, dq: usize, dk: usize, dv: usize, spans: usize, work: usize,
  sequences: i32, rows: i32, heads: i32, keyValueHeads: i32, headDim: i32, stride: i32,
): void {
  const bytes = <usize>headDim << 2;
  const ldq = bytes * heads;
  const ldk = bytes * keyValueHeads;
  const keyStarts = spans + (<usize>(sequences + 1) << 2);
  const firsts = keyStarts + (<usize>(sequences + 1) << 2);
  const ends = firsts + (<usize>rows << 2);
  const scale = <f32>(1 / Math.sqrt(<f64>headDim));
  for (let s = 0; s < sequences; s++) {
    const end = load<i32>(spans + (<usize>s << 2), 4);
    const keys = <usize>load<i32>(keyStarts + (<usize>s << 2)) * ldk;
    for (let row = load<i32>(spans + (<usize>s << 2)); row < end; row++) {
      const first = load<i32>(firsts + (<usize>row << 2));
      const past = load<i32>(ends + (<usize>row << 2));
      for (let head = 0; head < heads; head++) {
        const at = keys + <usize>((head * keyValueHeads) / heads) * bytes;
        const own = <usize>row * ldq + <usize>head * bytes;
        const weights = p + (<usize>((row * heads + head) * stride) << 2);
        let expected: f32 = 0;
        for (let j = first; j < past; j++) {
          const grad = dot(g + own, v + at + <usize>j * ldk, bytes);
          store<f32>(work + (<usize>j << 2), grad);
          expected += grad * load<f32>(weights + (<usize>j << 2));
        }
        memory.fill(dq + own, 0, bytes);
        for (let j = first; j < past; j++) {
          const key = at + <usize>j * ldk;
          const weight = load<f32>(weights + (<usize>j << 2));
          const score = f32x4.splat(weight * (load<f32>(work + (<usize>j << 2)) - expected) * scale);
          addScaled(dv + key, f32x4.splat(weight), g + own, bytes);
          addScaled(dq + own, score, k + key, bytes);
          addScaled(dk + key, score, q + own, bytes);
        }
      }
    }
  }
}
