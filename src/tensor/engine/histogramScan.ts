/** The second pass of a StatisticsScan over dtypes wider than 16 bits. */

import { binningOf, quantilesByRank } from './distribution';
import type { Binning, Distribution } from './distribution';
import type { EngineDtype } from './dtypes';
import type { Engine } from './engine';
import type { ResidentArray } from './resident';

/** Entries per call, short enough for the optimising compiler to take over between calls. */
const SEGMENT = 65536;
/** Magnitudes are counted by the upper 20 bits of their float32 pattern, as in kernels/counts.ts. */
const KEY_COUNT = 2 ** 20;
const DROPPED_BITS = 11;
/** Entries after which 32-bit counts are moved to float64, before they can overflow. */
const FOLD_ENTRIES = 2 ** 31;

/** Quantiles are low by at most 2^-12 of their value. */
export class HistogramScan {
  private readonly tables: ResidentArray;
  private readonly binning: Binning;
  private readonly maxAbs: number;
  /** Counts moved out of the tables: bins, then keys. `null` until then. */
  private folded: Float64Array | null = null;
  private pending = 0;

  constructor(
    private readonly engine: Engine,
    private readonly dtype: EngineDtype,
    min: number,
    max: number,
    private readonly bins: number,
    private readonly lookup: number,
    private readonly foldEntries = FOLD_ENTRIES,
  ) {
    this.tables = engine.allocate(bins + KEY_COUNT);
    this.tables.data.fill(0);
    this.binning = binningOf(min, max);
    this.maxAbs = Math.max(Math.abs(min), Math.abs(max));
  }

  addResident(address: number, byteLength: number): void {
    const { kind, bytes } = this.dtype;
    const { histogram } = this.engine.kernels.scan;
    const table = this.tables.address;
    const length = byteLength / bytes;
    if (this.pending + length >= this.foldEntries) this.fold();
    this.pending += length;
    for (let start = 0; start < length; start += SEGMENT) {
      const count = Math.min(SEGMENT, length - start);
      const keys = table + 4 * this.bins;
      const { factor, start: low, range } = this.binning;
      const at = address + start * bytes;
      histogram(kind, at, count, factor, low, range, this.bins, table, keys, this.lookup, this.engine.scratch);
    }
  }

  private fold(): void {
    const counts = this.engine.arena.uint32(this.tables.address, this.bins + KEY_COUNT);
    const totals = (this.folded ??= new Float64Array(counts.length));
    for (let i = 0; i < counts.length; i++) totals[i]! += counts[i]!;
    counts.fill(0);
    this.pending = 0;
  }

  finish(shares: readonly number[]): Distribution {
    if (this.folded) this.fold();
    const counts = this.folded ?? this.engine.arena.uint32(this.tables.address, this.bins + KEY_COUNT);
    const histogram = Float64Array.from(counts.subarray(0, this.bins));
    const keys = counts.subarray(this.bins);
    const total = histogram.reduce((sum, count) => sum + count, 0);
    const pattern = new Uint32Array(1);
    const value = new Float32Array(pattern.buffer);
    const absQuantiles = quantilesByRank(
      shares,
      total,
      (index) => keys[index]!,
      (index) => {
        pattern[0] = index << DROPPED_BITS;
        return Math.min(value[0]!, this.maxAbs);
      },
    );
    this.free();
    return { histogram, absQuantiles };
  }

  /** Frees the memory. */
  free(): void {
    this.tables.free();
  }
}
