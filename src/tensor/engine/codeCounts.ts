/** Counts how often each code of an 8- or 16-bit dtype occurs, and derives every statistic from the counts. */

import type { Call } from './crew';
import { binningOf, quantilesByRank } from './distribution';
import type { Distribution } from './distribution';
import type { Engine } from './engine';
import { OWN_NUMBER } from './jobTable';
import { Moments } from './moments';
import type { ScanSummary } from './moments';
import type { ResidentArray } from './resident';
import { scanOperation } from './thread';

/**
 * Entries per call: short enough for the optimising compiler to take over between calls, long compared with dispatch.
 */
const SEGMENT = 2 ** 18;
/** Number of tables that the kernels fill in turn, by bytes per entry. */
const TURNS = { 1: 4, 2: 2 } as const;
/** Entries after which 32-bit counts are moved to float64, before they can overflow. */
const FOLD_ENTRIES = 2 ** 31;

export class CodeCounts {
  private readonly size: number;
  private readonly turns: number;
  private readonly tables: ResidentArray;
  /** Counts moved out of the tables. Set only after more entries than the tables can count. */
  private totals: Float64Array | null = null;
  /** Entries counted in the tables. */
  private pending = 0;
  /** Whether the first table holds the counts of all tables. */
  private folded = true;
  private known: ScanSummary | null = null;

  constructor(
    private readonly engine: Engine,
    private readonly values: Float64Array,
    private readonly bytes: number,
    private readonly foldEntries = FOLD_ENTRIES,
  ) {
    this.size = values.length;
    this.turns = bytes === 1 ? TURNS[1] : TURNS[2];
    this.tables = engine.allocate(this.size * this.turns * engine.threads);
    this.tables.data.fill(0);
  }

  add(address: number, length: number, threads: number): void {
    if (this.pending + length >= this.foldEntries) this.empty();
    this.pending += length;
    this.folded = false;
    this.known = null;
    const operation = scanOperation(this.bytes === 1 ? 'countCodes8' : 'countCodes16');
    const calls: Call[] = [];
    for (let start = 0; start < length; start += SEGMENT) {
      const count = Math.min(SEGMENT, length - start);
      calls.push({ operation, args: [address + start * this.bytes, count, this.tables.address, OWN_NUMBER] });
    }
    if (threads > 1) this.engine.crew.run(calls, this.engine.scratch);
    else for (const call of calls) this.engine.crew.run([call], this.engine.scratch);
  }

  /** Adds all tables to the first one and returns it. */
  private fold(): Uint32Array {
    const tables = this.turns * this.engine.threads;
    if (!this.folded) {
      this.engine.kernels.scan.foldCounts(this.tables.address, tables, this.size);
      this.engine.arena.uint32(this.tables.address + 4 * this.size, this.size * (tables - 1)).fill(0);
      this.folded = true;
    }
    return this.engine.arena.uint32(this.tables.address, this.size);
  }

  private empty(): Float64Array {
    const totals = (this.totals ??= new Float64Array(this.size));
    const counts = this.fold();
    for (let code = 0; code < this.size; code++) totals[code]! += counts[code]!;
    counts.fill(0);
    this.pending = 0;
    return totals;
  }

  /** Occurrences of each code. Valid until more entries are added. */
  private counted(): Float64Array | Uint32Array {
    return this.totals ? this.empty() : this.fold();
  }

  summary(): ScanSummary {
    return (this.known ??= countedSummary(this.counted(), this.values));
  }

  distribution(bins: number, shares: readonly number[]): Distribution {
    const { min, max } = this.summary();
    const { values } = this;
    const counts = this.counted();
    const histogram = new Float64Array(bins);
    const { factor, start, range } = binningOf(min, max);
    let finite = 0;
    for (let code = 0; code < counts.length; code++) {
      const count = counts[code]!;
      const x = values[code]!;
      if (count === 0 || x - x !== 0) continue;
      const bin = range > 0 ? Math.floor(((x * factor - start) / range) * bins) : 0;
      histogram[bin >= bins ? bins - 1 : bin]! += count;
      finite += count;
    }
    const order = byMagnitude(values);
    const countAt = (index: number): number => counts[order[index]!]!;
    const absQuantiles = quantilesByRank(shares, finite, countAt, (index) => Math.abs(values[order[index]!]!));
    return { histogram, absQuantiles };
  }

  free(): void {
    this.tables.free();
  }
}

/**
 * Codes in order of magnitude, cached per dtype: sorting 65,536 codes takes as long as counting ten million entries.
 */
const orders = new WeakMap<Float64Array, Uint16Array>();

/** Codes of finite values in order of magnitude. */
function byMagnitude(values: Float64Array): Uint16Array {
  let order = orders.get(values);
  if (!order) {
    // Sorting with a comparison function takes ten times as long. No value has more than 20 fraction bits, so a code
    // fits the lower half of its magnitude without changing the order.
    const magnitudes = new Float64Array(values.length);
    const lower = new Uint32Array(magnitudes.buffer);
    let finite = 0;
    for (let code = 0; code < values.length; code++) {
      const x = values[code]!;
      if (x - x !== 0) continue;
      magnitudes[finite] = Math.abs(x);
      lower[2 * finite++] = code;
    }
    magnitudes.subarray(0, finite).sort();
    order = new Uint16Array(finite);
    for (let i = 0; i < finite; i++) order[i] = lower[2 * i]!;
    orders.set(values, order);
  }
  return order;
}

/** Computes statistics from the number of occurrences of each value. */
function countedSummary(counts: Float64Array | Uint32Array, values: Float64Array): ScanSummary {
  let [all, finite, sum, l1, zeros, nan, positive, negative] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [min, max] = [Infinity, -Infinity];
  for (let code = 0; code < counts.length; code++) {
    const count = counts[code]!;
    if (count === 0) continue;
    const x = values[code]!;
    all += count;
    if (x - x !== 0) {
      if (x > 0) positive += count;
      else if (x < 0) negative += count;
      else nan += count;
      continue;
    }
    finite += count;
    sum += x * count;
    l1 += Math.abs(x) * count;
    if (x === 0) zeros += count;
    min = Math.min(min, x);
    max = Math.max(max, x);
  }
  const mean = finite === 0 ? 0 : sum / finite;
  let deviations = 0;
  for (let code = 0; code < counts.length; code++) {
    const d = values[code]! - mean;
    if (counts[code]! > 0 && d - d === 0) deviations += d * d * counts[code]!;
  }
  const moments = new Moments();
  moments.merge([finite, min, max, mean, deviations, l1, zeros, nan, positive, negative]);
  return moments.summary(all);
}
