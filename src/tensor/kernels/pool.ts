/**
 * Reduces blocks of a matrix to the cells of a heatmap: the mean, the extremes, or the entry of largest magnitude with
 * its sign.
 *
 * For the last of these, an entry's bits are rotated left by one, so that unsigned order is order by magnitude: this
 * takes one `max` per entry, and NaN exceeds infinity, which exceeds everything else. The sign bit, now lowest and
 * inverted, decides ties in favour of the positive entry, so the result does not depend on the order of rows and
 * threads.
 *
 * A band of at most BAND rows is first reduced along its columns to one line of keys or sums, then the line is reduced
 * to cells. Cell j covers the columns from bounds[j] to bounds[j + 1].
 */
import { ones16, ones32 } from './constants';
import { BF16, F16, decode32 } from './decode';

export const MAX_ABS: i32 = 0;
export const MEAN: i32 = 1;
export const MIN: i32 = 2;
export const MAX: i32 = 3;

/** Keys of eight 16-bit patterns. */
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

/** The largest key in each column of `rows` rows of a 16-bit float, `stride` bytes apart. */
function keysDown16(from: usize, stride: usize, rows: i32, columns: i32, line: usize): void {
  let c = 0;
  for (; c + 32 <= columns; c += 32) {
    let b0 = keys16(v128.load(from));
    let b1 = keys16(v128.load(from, 16));
    let b2 = keys16(v128.load(from, 32));
    let b3 = keys16(v128.load(from, 48));
    let at = from;
    for (let r = 1; r < rows; r++) {
      at += stride;
      b0 = i16x8.max_u(b0, keys16(v128.load(at)));
      b1 = i16x8.max_u(b1, keys16(v128.load(at, 16)));
      b2 = i16x8.max_u(b2, keys16(v128.load(at, 32)));
      b3 = i16x8.max_u(b3, keys16(v128.load(at, 48)));
    }
    v128.store(line, b0);
    v128.store(line, b1, 16);
    v128.store(line, b2, 32);
    v128.store(line, b3, 48);
    from += 64;
    line += 64;
  }
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

/** The largest key of a non-empty run of 16-bit keys. */
// @ts-ignore: decorator
@inline
function largest16(from: usize, count: i32): u32 {
  const end = from + (<usize>count << 1);
  if (count < 8) {
    let best: u32 = 0;
    for (; from < end; from += 2) best = max(best, <u32>load<u16>(from));
    return best;
  }
  // The last vector may overlap the previous one, because repeated keys do not change a maximum.
  let most = v128.load(end - 16);
  for (; from + 16 < end; from += 16) most = i16x8.max_u(most, v128.load(from));
  most = i16x8.max_u(most, v128.shuffle<i64>(most, most, 1, 0));
  most = i16x8.max_u(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2));
  const pair = i32x4.extract_lane(most, 0);
  return max(<u32>(pair & 0xffff), <u32>pair >> 16);
}

/** Reduces a line of 16-bit keys to cells. Each is combined with the key in `cells`, widened to 32 bits. */
function keysAcross16(kind: i32, line: usize, bounds: usize, width: i32, cells: usize): void {
  let column = load<i32>(bounds);
  for (let j = 0; j < width; j++) {
    bounds += 4;
    const end = load<i32>(bounds);
    if (column < end) {
      const best = largest16(line + (<usize>column << 1), end - column);
      column = end;
      const bits = ((best ^ 1) >> 1) | (((best ^ 1) & 1) << 15);
      const wide = kind == BF16 ? bits << 16 : widen(bits);
      const key = rotl<u32>(wide, 1) ^ 1;
      store<u32>(cells, max(load<u32>(cells), key));
    }
    cells += 4;
  }
}

/** The float32 bits of a half-precision code. */
function widen(h: u32): u32 {
  const sign = (h & 0x8000) << 16;
  const rest = (h & 0x7fff) << 13;
  if ((h & 0x7c00) == 0x7c00) return sign | 0x7f800000 | ((h & 0x3ff) << 13);
  return sign | reinterpret<u32>(reinterpret<f32>(rest) * 5.192296858534828e33);
}

/**
 * Modes as types, so that each reduction is compiled separately: keys (u32), sums (f64), minima (i8) and maxima (i16).
 */
type Keys = u32;
type Sums = f64;
type Least = i8;
type Most = i16;

/** Reduces float32 rows along their columns to keys, sums or extremes. */
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

/** Reduces a line of float32 sums or extremes, or of 32-bit keys, to cells. Sums go to float64 cells. */
function across32<M>(line: usize, bounds: usize, width: i32, cells: usize): void {
  let column = load<i32>(bounds);
  for (let j = 0; j < width; j++) {
    bounds += 4;
    const end = load<i32>(bounds);
    if (isFloat<M>()) {
      let pairs = f64x2.splat(0);
      for (; column + 4 <= end; column += 4) {
        const v = v128.load(line + (<usize>column << 2));
        pairs = f64x2.add(pairs, f64x2.promote_low_f32x4(v));
        pairs = f64x2.add(pairs, f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 0)));
      }
      let sum = f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
      for (; column < end; column++) sum += <f64>load<f32>(line + (<usize>column << 2));
      store<f64>(cells, load<f64>(cells) + sum);
      cells += 8;
    } else if (sizeof<M>() == 4) {
      let best = load<u32>(cells);
      if (end - column >= 4) {
        let most = v128.load(line + (<usize>(end - 4) << 2));
        for (; column + 4 < end; column += 4) most = i32x4.max_u(most, v128.load(line + (<usize>column << 2)));
        most = i32x4.max_u(most, v128.shuffle<i64>(most, most, 1, 0));
        best = max(best, max(<u32>i32x4.extract_lane(most, 0), <u32>i32x4.extract_lane(most, 1)));
        column = end;
      }
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
 * Reduces a band of at most BAND rows, `stride` bytes apart, into one row of cells that `clearCells` has prepared.
 * `scratch` holds (rows + 1) lines of columns + 8 float32, 16-byte aligned. `table` is for one-byte dtypes.
 */
function poolBand(
  mode: i32, kind: i32, from: usize, stride: i32, rows: i32, columns: i32, bounds: usize, width: i32, cells: usize,
  table: usize, scratch: usize,
): void {
  if (rows <= 0) return;
  // Bounds count from the matrix's first column, while `from` and the lines start at the first column in this strip.
  const origin = <usize>load<i32>(bounds);
  if (mode == MAX_ABS && (kind == BF16 || kind == F16)) {
    keysDown16(from, stride, rows, columns, scratch);
    keysAcross16(kind, scratch - (origin << 1), bounds, width, cells);
    return;
  }
  const pitch = (<usize>(columns + 7) & ~3) << 2;
  const decoded = scratch + pitch;
  for (let r = 0; r < rows; r++) {
    decode32(kind, from + <usize>r * <usize>stride, columns, decoded + <usize>r * pitch, table);
  }
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

/** Rows reduced at a time: the number of streams that the hardware prefetches. */
const BAND: i32 = 8;

/**
 * Reduces rows firstRow..firstRow + rows, starting at `from`, into the rows of cells firstCell..lastCell. Row i of
 * cells covers the rows from rowBounds[i] to rowBounds[i + 1] and is at cells + i * pitch.
 */
export function poolRows(
  mode: i32, kind: i32, from: usize, stride: i32, firstRow: i32, rows: i32, columns: i32, rowBounds: usize,
  firstCell: i32, lastCell: i32, bounds: usize, width: i32, cells: usize, pitch: i32, table: usize, scratch: usize,
): void {
  for (let i = firstCell; i < lastCell; i++) {
    const edge = rowBounds + (<usize>i << 2);
    const end = min(load<i32>(edge, 4), firstRow + rows);
    for (let row = max(load<i32>(edge), firstRow); row < end; row += BAND) {
      const at = from + <usize>(row - firstRow) * <usize>stride;
      const into = cells + <usize>i * <usize>pitch;
      poolBand(mode, kind, at, stride, min(BAND, end - row), columns, bounds, width, into, table, scratch);
    }
  }
}

/** Prepares `count` cells of 8 bytes for the mean, 4 for the others. */
export function clearCells(mode: i32, cells: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    if (mode == MEAN) store<f64>(cells + (<usize>i << 3), 0);
    else if (mode == MAX_ABS) store<u32>(cells + (<usize>i << 2), 0);
    else store<f32>(cells + (<usize>i << 2), mode == MIN ? Infinity : -Infinity);
  }
}

/** Converts one row of cells to float32. `rows`, the number of rows added to it, is for the mean. */
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
