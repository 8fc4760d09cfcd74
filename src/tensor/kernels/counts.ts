/**
 * Count tables. For 8- and 16-bit dtypes the number of occurrences of each code determines everything exactly:
 * extremes, moments, histogram and quantiles. For wider dtypes a second pass fills the histogram between the extremes
 * that the first pass found.
 */
import { bytesOf, decode64 } from './decode';

// @ts-ignore: decorator
@inline
function count(table: usize, key: usize): void {
  const at = table + (key << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/**
 * Counts the occurrences of each 16-bit code. Two tables of 65,536 alternate, so that a run of equal codes does not
 * stall on its own counter. Every thread has its own two tables.
 */
export function countCodes16(from: usize, n: i32, tables: usize, thread: i32): void {
  tables += <usize>thread * 524288;
  const second = tables + 262144;
  const end = from + (<usize>(n & ~15) << 1);
  for (; from < end; from += 32) {
    count(tables, <usize>load<u16>(from));
    count(second, <usize>load<u16>(from, 2));
    count(tables, <usize>load<u16>(from, 4));
    count(second, <usize>load<u16>(from, 6));
    count(tables, <usize>load<u16>(from, 8));
    count(second, <usize>load<u16>(from, 10));
    count(tables, <usize>load<u16>(from, 12));
    count(second, <usize>load<u16>(from, 14));
    count(tables, <usize>load<u16>(from, 16));
    count(second, <usize>load<u16>(from, 18));
    count(tables, <usize>load<u16>(from, 20));
    count(second, <usize>load<u16>(from, 22));
    count(tables, <usize>load<u16>(from, 24));
    count(second, <usize>load<u16>(from, 26));
    count(tables, <usize>load<u16>(from, 28));
    count(second, <usize>load<u16>(from, 30));
  }
  for (let left = n & 15; left > 0; left--) {
    count(tables, <usize>load<u16>(from));
    from += 2;
  }
}

/** Counts the occurrences of each 8-bit code. Each thread alternates among its own four tables of 256. */
export function countCodes8(from: usize, n: i32, tables: usize, thread: i32): void {
  tables += <usize>thread * 4096;
  const end = from + <usize>(n & ~7);
  for (; from < end; from += 8) {
    const eight = load<u64>(from);
    count(tables, <usize>(eight & 0xff));
    count(tables + 1024, <usize>((eight >> 8) & 0xff));
    count(tables + 2048, <usize>((eight >> 16) & 0xff));
    count(tables + 3072, <usize>((eight >> 24) & 0xff));
    count(tables, <usize>((eight >> 32) & 0xff));
    count(tables + 1024, <usize>((eight >> 40) & 0xff));
    count(tables + 2048, <usize>((eight >> 48) & 0xff));
    count(tables + 3072, <usize>(eight >> 56));
  }
  for (let left = n & 7; left > 0; left--) {
    count(tables, <usize>load<u8>(from));
    from++;
  }
}

/** Adds `tables` tables of `size` counts into the first one. */
export function foldCounts(tables: usize, count: i32, size: i32): void {
  for (let t = 1; t < count; t++) {
    const from = tables + (<usize>(t * size) << 2);
    for (let i: usize = 0; i < <usize>size << 2; i += 16) {
      v128.store(tables + i, i32x4.add(v128.load(tables + i), v128.load(from + i)));
    }
  }
}

/**
 * Low bits of the float32 pattern of |x| that its key omits. 12 bits of the fraction remain, which gives 1,048,576
 * keys.
 */
const DROPPED_BITS: u32 = 11;

/**
 * Counts finite entries in `bins` equal bins, and the upper bits of the float32 pattern of their magnitudes in `keys`.
 * The bin of x is floor((x * factor - start) / range * bins). The last bin includes its upper end, and if the range is
 * 0 every entry is in the first bin. `scratch` is 4096 bytes.
 */
export function histogram(
  kind: i32, from: usize, n: i32, factor: f64, start: f64, range: f64, bins: i32, table: usize,
  keys: usize, lookup: usize, scratch: usize,
): void {
  const block = 512;
  const last = bins - 1;
  for (; n > 0; n -= block) {
    const m = min(n, block);
    decode64(kind, from, m, scratch, lookup);
    for (let i = 0; i < m; i++) {
      const x = load<f64>(scratch + (<usize>i << 3));
      if (!(abs(x) < Infinity)) continue;
      const bin = range > 0 ? <i32>(((x * factor - start) / range) * <f64>bins) : 0;
      count(table, <usize>min(max(bin, 0), last));
      count(keys, <usize>((reinterpret<u32>(<f32>x) & 0x7fffffff) >> DROPPED_BITS));
    }
    from += <usize>block * bytesOf(kind);
  }
}
