/**
 * Packing: a block of a matrix is copied into panels `width` lines wide, so that the micro-kernel reads both operands
 * front to back. Element (line, depth) of a panel lies at depth * width + line; lines past the edge are zeros.
 *
 * A panel of A is a few of its rows, a panel of B a few of its columns. Either may be stored with the depth running
 * along memory ("deep": A as it is, B transposed) or with the lines along memory ("wide": B as it is, A transposed).
 */

/** Four vectors in, their transpose out to four places `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function storeTransposed(r0: v128, r1: v128, r2: v128, r3: v128, to: usize, stride: usize): void {
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(to + stride, v128.shuffle<i64>(low01, low23, 1, 3));
  v128.store(to + 2 * stride, v128.shuffle<i64>(high01, high23, 0, 2));
  v128.store(to + 3 * stride, v128.shuffle<i64>(high01, high23, 1, 3));
}

/** One line into its column of a panel, `stride` bytes apart. */
function packLine(from: usize, depth: i32, to: usize, stride: usize): void {
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const v = v128.load(from);
    v128.store32_lane(to, v, 0);
    v128.store32_lane(to + stride, v, 1);
    v128.store32_lane(to + 2 * stride, v, 2);
    v128.store32_lane(to + 3 * stride, v, 3);
    from += 16;
    to += 4 * stride;
  }
  for (; k < depth; k++) {
    store<f32>(to, load<f32>(from));
    from += 4;
    to += stride;
  }
}

/** Four neighbouring lines, `ld` bytes apart, into four columns of a panel. */
function packFourLines(from: usize, ld: usize, depth: i32, to: usize, stride: usize): void {
  const f1 = from + ld;
  const f2 = f1 + ld;
  const f3 = f2 + ld;
  const vectors: usize = <usize>(depth >> 2) << 4;
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    storeTransposed(v128.load(from + at), v128.load(f1 + at), v128.load(f2 + at), v128.load(f3 + at), to, stride);
    to += 4 * stride;
  }
  for (let k = depth & 3; k > 0; k--) {
    store<f32>(to, load<f32>(from + at));
    store<f32>(to, load<f32>(f1 + at), 4);
    store<f32>(to, load<f32>(f2 + at), 8);
    store<f32>(to, load<f32>(f3 + at), 12);
    at += 4;
    to += stride;
  }
}

function zeroLine(depth: i32, to: usize, stride: usize): void {
  for (; depth > 0; depth--) {
    store<f32>(to, 0);
    to += stride;
  }
}

/** `lines` lines of `depth`, the depth along memory and lines `ld` bytes apart, into panels of `width`. */
export function packDeep(from: usize, ld: usize, lines: i32, depth: i32, width: i32, to: usize): void {
  const stride = <usize>width << 2;
  for (let first = 0; first < lines; first += width) {
    const used = min(width, lines - first);
    let line = 0;
    for (; line + 4 <= used; line += 4) {
      packFourLines(from + <usize>(first + line) * ld, ld, depth, to + (<usize>line << 2), stride);
    }
    for (; line < used; line++) packLine(from + <usize>(first + line) * ld, depth, to + (<usize>line << 2), stride);
    for (; line < width; line++) zeroLine(depth, to + (<usize>line << 2), stride);
    to += <usize>depth * stride;
  }
}

/** The same with the lines along memory and steps of depth `ld` bytes apart. Reads whole rows, to please the caches. */
export function packWide(from: usize, ld: usize, lines: i32, depth: i32, width: i32, to: usize): void {
  const stride = <usize>width << 2;
  const panel = <usize>depth * stride;
  for (let k = 0; k < depth; k++) {
    let source = from;
    let target = to;
    let left = lines;
    if (width == 8) {
      for (; left >= 8; left -= 8) {
        v128.store(target, v128.load(source));
        v128.store(target, v128.load(source, 16), 16);
        source += 32;
        target += panel;
      }
    } else if (width == 12) {
      for (; left >= 12; left -= 12) {
        v128.store(target, v128.load(source));
        v128.store(target, v128.load(source, 16), 16);
        v128.store(target, v128.load(source, 32), 32);
        source += 48;
        target += panel;
      }
    } else if (width == 4) {
      for (; left >= 4; left -= 4) {
        v128.store(target, v128.load(source));
        source += 16;
        target += panel;
      }
    } else if (width == 6) {
      for (; left >= 6; left -= 6) {
        v128.store(target, v128.load(source));
        store<u64>(target, load<u64>(source, 16), 16);
        source += 24;
        target += panel;
      }
    } else {
      for (; left >= width; left -= width) {
        for (let line = 0; line < width; line++) store<f32>(target + (<usize>line << 2), load<f32>(source + (<usize>line << 2)));
        source += stride;
        target += panel;
      }
    }
    if (left > 0) {
      for (let line = 0; line < width; line++) {
        const value = line < left ? load<f32>(source + (<usize>line << 2)) : 0;
        store<f32>(target + (<usize>line << 2), value);
      }
    }
    from += ld;
    to += stride;
  }
}
