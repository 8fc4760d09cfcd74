/**
 * Reducing blocks of a matrix to the cells of a heatmap: the mean, the extremes, and the entry of largest magnitude with
 * its sign.
 *
 * For the last, an entry's bits are rotated left by one, so that unsigned order is order by magnitude: one `max` an
 * entry, NaN above infinity above all else. The sign bit, now lowest and inverted, settles ties for the positive; so the
 * result does not depend on the order in which rows and threads come.
 *
 * A band of at most BAND rows is first reduced down its columns into one line of keys or sums, then the line across
 * into cells. Cell j takes the columns from bounds[j] to bounds[j + 1].
 */
import { ones16, ones32 } from './constants';
import { BF16, F16, decode32 } from './decode';

export const MAX_ABS: i32 = 0;
export const MEAN: i32 = 1;
export const MIN: i32 = 2;
export const MAX: i32 = 3;

/** Key of a half-width pattern, eight at a time. */
// @ts-ignore: decorator
@inline
function keys16(v: v128): v128 {
  return v128.xor(v128.or(i16x8.shl(v, 1), i16x8.shr_u(v, 15)), ones16());
}

// @ts-ignore: decorator
@inline
function keys32(v: v128): v128 {
  return v128.xor(v128.or(i32x4.shl(v, 1), i32x4.shr_u(v, 31)), ones32());
}

// @ts-ignore: decorator
@inline
function value32(key: u32): f32 {
  return reinterpret<f32>(rotr<u32>(key ^ 1, 1));
}

/** Largest keys of each column of `rows` rows of a 16-bit float, `stride` bytes apart. */
function keysDown16(from: usize, stride: usize, rows: i32, columns: i32, line: usize): void {
  let c = 0;
  for (; c + 8 <= columns; c += 8) {
    let best = keys16(v128.load(from));
    let at = from;
    for (let r = 1; r < rows; r++) {
      at += stride;
      best = i16x8.max_u(best, keys16(v128.load(at)));
    }
    v128.store(line, best);
    from += 16;
    line += 16;
  }
  for (; c < columns; c++) {
    let best: u32 = 0;
    let at = from;
    for (let r = 0; r < rows; r++) {
      const bits = <u32>load<u16>(at);
      best = max(best, (((bits << 1) | (bits >> 15)) & 0xffff) ^ 1);
      at += stride;
    }
    store<u16>(line, <u16>best);
    from += 2;
    line += 2;
  }
}

/** Cells from a line of 16-bit keys; each is combined with the key that `cells` holds, widened to 32 bits. */
function keysAcross16(kind: i32, line: usize, bounds: usize, width: i32, cells: usize): void {
  let column = load<i32>(bounds);
  for (let j = 0; j < width; j++) {
    bounds += 4;
    const end = load<i32>(bounds);
    let best: u32 = 0;
    if (column < end) {
      for (; column < end; column++) best = max(best, <u32>load<u16>(line + (<usize>column << 1)));
      const bits = ((best ^ 1) >> 1) | (((best ^ 1) & 1) << 15);
      const wide = kind == BF16 ? bits << 16 : widen(bits);
      const key = rotl<u32>(wide, 1) ^ 1;
      store<u32>(cells, max(load<u32>(cells), key));
    }
    cells += 4;
  }
}

/** A half-precision code as the bits of its float32. */
function widen(h: u32): u32 {
  const sign = (h & 0x8000) << 16;
  const rest = (h & 0x7fff) << 13;
  if ((h & 0x7c00) == 0x7c00) return sign | 0x7f800000 | ((h & 0x3ff) << 13);
  return sign | reinterpret<u32>(reinterpret<f32>(rest) * 5.192296858534828e33);
}

/** Modes as types, so that each reduction is compiled by itself: keys (u32), sums (f64), least (i8) and most (i16). */
type Keys = u32;
type Sums = f64;
type Least = i8;
type Most = i16;

/** Reduces float32 rows down their columns: keys, sums or extremes. */
function down32<M>(from: usize, stride: usize, rows: i32, columns: i32, line: usize): void {
  const end = line + (<usize>columns << 2);
  for (; line < end; line += 16) {
    let at = from;
    let best = v128.load(at);
    if (sizeof<M>() == 4) best = keys32(best);
    for (let r = 1; r < rows; r++) {
      at += stride;
      const v = v128.load(at);
      if (sizeof<M>() == 4) best = i32x4.max_u(best, keys32(v));
      else if (isFloat<M>()) best = f32x4.add(best, v);
      else if (sizeof<M>() == 1) best = f32x4.min(best, v);
      else best = f32x4.max(best, v);
    }
    v128.store(line, best);
    from += 16;
  }
}

/** Cells from a line of float32 sums or extremes, or of 32-bit keys; sums go to float64 cells. */
function across32<M>(line: usize, bounds: usize, width: i32, cells: usize): void {
  let column = load<i32>(bounds);
  for (let j = 0; j < width; j++) {
    bounds += 4;
    const end = load<i32>(bounds);
    if (isFloat<M>()) {
      let sum: f64 = 0;
      for (; column < end; column++) sum += <f64>load<f32>(line + (<usize>column << 2));
      store<f64>(cells, load<f64>(cells) + sum);
      cells += 8;
    } else if (sizeof<M>() == 4) {
      let best = load<u32>(cells);
      for (; column < end; column++) best = max(best, load<u32>(line + (<usize>column << 2)));
      store<u32>(cells, best);
      cells += 4;
    } else {
      let best = load<f32>(cells);
      for (; column < end; column++) {
        const x = load<f32>(line + (<usize>column << 2));
        best = sizeof<M>() == 1 ? min(best, x) : max(best, x);
      }
      store<f32>(cells, best);
      cells += 4;
    }
  }
}

/**
 * Takes a band of at most BAND rows, `stride` bytes apart, into one row of cells, which has been prepared by `clearCells`.
 * `scratch` holds (rows + 1) lines of columns + 8 float32, 16-byte aligned. `table` serves one-byte dtypes.
 */
function poolBand(
  mode: i32, kind: i32, from: usize, stride: i32, rows: i32, columns: i32, bounds: usize, width: i32, cells: usize,
  table: usize, scratch: usize,
): void {
  if (rows <= 0) return;
  // Bounds count from the matrix's first column, `from` and lines from the first column that is here.
  const origin = <usize>load<i32>(bounds);
  if (mode == MAX_ABS && (kind == BF16 || kind == F16)) {
    keysDown16(from, stride, rows, columns, scratch);
    keysAcross16(kind, scratch - (origin << 1), bounds, width, cells);
    return;
  }
  const pitch = (<usize>(columns + 7) & ~3) << 2;
  const decoded = scratch + pitch;
  for (let r = 0; r < rows; r++) decode32(kind, from + <usize>r * <usize>stride, columns, decoded + <usize>r * pitch, table);
  if (mode == MAX_ABS) {
    down32<Keys>(decoded, pitch, rows, columns, scratch);
    across32<Keys>(scratch - (origin << 2), bounds, width, cells);
  } else if (mode == MEAN) {
    down32<Sums>(decoded, pitch, rows, columns, scratch);
    across32<Sums>(scratch - (origin << 2), bounds, width, cells);
  } else if (mode == MIN) {
    down32<Least>(decoded, pitch, rows, columns, scratch);
    across32<Least>(scratch - (origin << 2), bounds, width, cells);
  } else {
    down32<Most>(decoded, pitch, rows, columns, scratch);
    across32<Most>(scratch - (origin << 2), bounds, width, cells);
  }
}

/** Rows reduced at a time: as many streams as the hardware follows. */
const BAND: i32 = 8;

/**
 * Takes rows firstRow..firstRow + rows, the first of them at `from`, into the rows of cells firstCell..lastCell that
 * they reach: cell row i takes the rows from rowBounds[i] to rowBounds[i + 1]. Cells of row i lie at cells + i * pitch.
 */
export function poolRows(
  mode: i32, kind: i32, from: usize, stride: i32, firstRow: i32, rows: i32, columns: i32, rowBounds: usize, firstCell: i32,
  lastCell: i32, bounds: usize, width: i32, cells: usize, pitch: i32, table: usize, scratch: usize,
): void {
  for (let i = firstCell; i < lastCell; i++) {
    const edge = rowBounds + (<usize>i << 2);
    const end = min(load<i32>(edge, 4), firstRow + rows);
    for (let row = max(load<i32>(edge), firstRow); row < end; row += BAND) {
      const at = from + <usize>(row - firstRow) * <usize>stride;
      poolBand(mode, kind, at, stride, min(BAND, end - row), columns, bounds, width, cells + <usize>i * <usize>pitch, table, scratch);
    }
  }
}

/** Prepares `count` cells: 8 bytes each for the mean, 4 for the others. */
export function clearCells(mode: i32, cells: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    if (mode == MEAN) store<f64>(cells + (<usize>i << 3), 0);
    else if (mode == MAX_ABS) store<u32>(cells + (<usize>i << 2), 0);
    else store<f32>(cells + (<usize>i << 2), mode == MIN ? Infinity : -Infinity);
  }
}

/** Cells of one row as float32: `rows` is how many rows of the matrix came into it, for the mean. */
export function finishCells(mode: i32, cells: usize, bounds: usize, width: i32, rows: i32, to: usize): void {
  for (let j = 0; j < width; j++) {
    if (mode == MEAN) {
      const columns = load<i32>(bounds, 4) - load<i32>(bounds);
      store<f32>(to, <f32>(load<f64>(cells) / (<f64>columns * <f64>rows)));
      cells += 8;
    } else {
      store<f32>(to, mode == MAX_ABS ? value32(load<u32>(cells)) : load<f32>(cells));
      cells += 4;
    }
    bounds += 4;
    to += 4;
  }
}
