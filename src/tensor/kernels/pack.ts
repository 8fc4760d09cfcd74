/**
 * Packing copies a block of a matrix into panels `width` lines wide, so that the micro-kernel reads both operands
 * sequentially. Element (line, depth) of a panel is at depth * width + line. Lines past the edge are zeros.
 *
 * A panel of A is a few of its rows, and a panel of B a few of its columns. Either may be stored with the depth
 * contiguous in memory ("deep": A as stored, B transposed) or with the lines contiguous ("wide": B as stored, A
 * transposed).
 */

/** Transposes four vectors and writes them to four places `stride` bytes apart. */
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

/** Copies one line into its column of a panel, `stride` bytes apart. */
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

/** Copies four adjacent lines, `ld` bytes apart, into four columns of a panel. */
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

/** Packs `lines` lines with contiguous depth, `ld` bytes apart, into panels of `width`. */
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

/** Copies one row of a panel, `width` contiguous numbers. */
// @ts-ignore: decorator
@inline
function copyRow(from: usize, to: usize, width: i32): void {
  if (width == 8) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
  } else if (width == 12) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
  } else if (width == 4) {
    v128.store(to, v128.load(from));
  } else if (width == 6) {
    v128.store(to, v128.load(from));
    store<u64>(to, load<u64>(from, 16), 16);
  } else {
    store<u64>(to, load<u64>(from));
    store<f32>(to, load<f32>(from, 8), 8);
  }
}

/**
 * Copies four steps of depth, or one, of every whole panel. This writes runs of at least 100 bytes, where one row would
 * write 32.
 */
// @ts-ignore: decorator
@inline
function copySteps(steps: i32, from: usize, ld: usize, panels: i32, width: i32, to: usize, panel: usize): void {
  const stride = <usize>width << 2;
  for (; panels > 0; panels--) {
    copyRow(from, to, width);
    if (steps == 4) {
      copyRow(from + ld, to + stride, width);
      copyRow(from + 2 * ld, to + 2 * stride, width);
      copyRow(from + 3 * ld, to + 3 * stride, width);
    }
    from += stride;
    to += panel;
  }
}

// @ts-ignore: decorator
@inline
function packWidth(from: usize, ld: usize, lines: i32, depth: i32, width: i32, to: usize): void {
  const stride = <usize>width << 2;
  const panel = <usize>depth * stride;
  const panels = lines / width;
  const left = lines - panels * width;
  const edge = <usize>panels * panel;
  for (let k = 0; k < depth; ) {
    const steps = depth - k >= 4 ? 4 : 1;
    if (steps == 4) copySteps(4, from, ld, panels, width, to, panel);
    else copySteps(1, from, ld, panels, width, to, panel);
    for (let step = 0; step < steps; step++) {
      const source = from + <usize>(panels) * stride;
      for (let line = 0; left > 0 && line < width; line++) {
        const value = line < left ? load<f32>(source + (<usize>line << 2)) : 0;
        store<f32>(to + edge + (<usize>line << 2), value);
      }
      from += ld;
      to += stride;
    }
    k += steps;
  }
}

/** The same for contiguous lines, with steps of depth `ld` bytes apart. Widths are 3, 4, 6, 8 and 12. */
export function packWide(from: usize, ld: usize, lines: i32, depth: i32, width: i32, to: usize): void {
  if (width == 8) packWidth(from, ld, lines, depth, 8, to);
  else if (width == 12) packWidth(from, ld, lines, depth, 12, to);
  else if (width == 6) packWidth(from, ld, lines, depth, 6, to);
  else if (width == 4) packWidth(from, ld, lines, depth, 4, to);
  else packWidth(from, ld, lines, depth, 3, to);
}
