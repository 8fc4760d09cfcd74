/**
 * Statistics of a tensor from its bytes as stored in the file, in chunks, without decoding them first.
 *
 * Dtypes of 8 and 16 bits are counted by code, which gives every statistic exactly in one pass. For wider dtypes the
 * first pass computes the moments, and a second one, `startHistogram`, the histogram and the quantiles. `momentsOnly`
 * is the fastest mode and needs one pass for every dtype. The same chunks give bitwise equal results for any number of
 * threads.
 *
 * The plain twins are the accumulators in ../statistics, with the same definitions.
 */

import { ArgumentError } from '../errors';
import type { Call } from './crew';
import { CodeCounts } from './codeCounts';
import type { Distribution } from './distribution';
import type { EngineDtype } from './dtypes';
import { engineDtype } from './dtypes';
import type { Engine } from './engine';
import { HistogramScan } from './histogramScan';
import { MAX_CALLS, OWN_SCRATCH } from './jobTable';
import { Moments, RECORD_BYTES } from './moments';
import type { ScanSummary } from './moments';
import type { ResidentArray } from './resident';
import { scanOperation } from './thread';

/** Bytes that `add` copies into the engine's memory at a time. */
const STAGING_BYTES = 4 * 2 ** 20;
/**
 * Entries per record. The minimum takes some 25 microseconds, long compared with the two or three for dispatching and
 * merging a call. The maximum lets the optimising compiler take over between calls. The number depends only on the
 * amount of work, so the records and their sum are the same on any threads.
 */
const SHORT_SEGMENT = 2 ** 17;
const LONG_SEGMENT = 2 ** 19;
/** Calls per job between those limits: enough for eight threads to finish at nearly the same time. */
const SHARES = 32;
/** Segments start at multiples of this. */
const ALIGNMENT = 4096;
/** Bytes from which a chunk is shared among threads. */
const SHARE_BYTES = 2 ** 20;

interface ScanOptions {
  /** Skips the histogram and the quantiles. */
  readonly momentsOnly?: boolean;
}

export class StatisticsScan {
  readonly dtype: EngineDtype;
  private readonly moments = new Moments();
  private readonly counts: CodeCounts | null;
  private readonly blocks: ResidentArray[] = [];
  private readonly records: number;
  private readonly lookup: number;
  private staging: ResidentArray | null = null;
  private entries = 0;

  /** @throws ArgumentError if the engine does not read the dtype. */
  constructor(
    private readonly engine: Engine,
    dtype: string,
    { momentsOnly = false }: ScanOptions = {},
  ) {
    this.dtype = engineDtype(dtype);
    const { values, bytes } = this.dtype;
    this.lookup = bytes === 1 ? this.keep(Float32Array.from(values!)).address : 0;
    // A byte has so few codes that counting them is the fastest way to the moments too.
    this.counts = values && !(momentsOnly && bytes > 1) ? new CodeCounts(engine, values, bytes) : null;
    this.records = this.counts ? 0 : this.keep(new Float32Array((RECORD_BYTES / 4) * MAX_CALLS)).address;
  }

  private keep(values: Float32Array): ResidentArray {
    const block = this.engine.keep(values);
    this.blocks.push(block);
    return block;
  }

  /** Adds whole entries from any buffer by copying them into the engine's memory. */
  add(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += STAGING_BYTES) {
      const part = bytes.subarray(start, start + STAGING_BYTES);
      this.staging ??= this.engine.allocate(STAGING_BYTES / 4);
      this.engine.arena.bytes(this.staging.address, part.length).set(part);
      this.addResident(this.staging.address, part.length);
    }
  }

  /** Adds entries that are already in the engine's memory. */
  addResident(address: number, byteLength: number): void {
    const { bytes } = this.dtype;
    if (byteLength % bytes !== 0) {
      throw new ArgumentError('StatisticsScan.add', `a multiple of ${bytes} bytes`, String(byteLength));
    }
    // One full job at a time, because threads wake and wait once per job.
    const most = MAX_CALLS * LONG_SEGMENT * bytes;
    for (let start = 0; start < byteLength; start += most) {
      const length = Math.min(most, byteLength - start) / bytes;
      if (this.counts) this.counts.add(address + start, length, threadsFor(this.engine, length * bytes));
      else this.addMoments(address + start, length);
    }
    this.entries += byteLength / bytes;
  }

  private addMoments(address: number, length: number): void {
    const { kind, bytes } = this.dtype;
    const calls: Call[] = [];
    const share = Math.ceil(length / SHARES / ALIGNMENT) * ALIGNMENT;
    const segment = Math.min(Math.max(share, SHORT_SEGMENT), LONG_SEGMENT);
    for (let start = 0; start < length; start += segment) {
      const at = this.records + RECORD_BYTES * calls.length;
      const args = [kind, address + start * bytes, Math.min(segment, length - start), at, this.lookup, OWN_SCRATCH];
      calls.push({ operation: scanOperation('moments'), args });
    }
    if (threadsFor(this.engine, length * bytes) > 1) this.engine.crew.run(calls, this.engine.scratch);
    else for (const call of calls) this.engine.crew.run([call], this.engine.scratch);
    const fields = RECORD_BYTES / 8;
    const records = this.engine.arena.float64(this.records, calls.length * fields);
    for (let i = 0; i < calls.length; i++) this.moments.merge(records, i * fields);
  }

  /** The statistics of everything added so far. */
  summary(): ScanSummary {
    return this.counts ? this.counts.summary() : this.moments.summary(this.entries);
  }

  /** Histogram over [min, max] and quantiles if codes were counted. `null` if a second pass is needed. */
  distribution(bins: number, shares: readonly number[]): Distribution | null {
    return this.counts ? this.counts.distribution(bins, shares) : null;
  }

  /** Starts the second pass, which must receive the same entries again. */
  startHistogram(bins: number): HistogramScan {
    const { min, max } = this.summary();
    return new HistogramScan(this.engine, this.dtype, min, max, bins, this.lookup);
  }

  /** Frees the memory. */
  free(): void {
    for (const block of this.blocks.splice(0)) block.free();
    this.staging?.free();
    this.staging = null;
    this.counts?.free();
  }
}

function threadsFor(engine: Engine, bytes: number): number {
  return bytes < SHARE_BYTES ? 1 : engine.threads;
}
