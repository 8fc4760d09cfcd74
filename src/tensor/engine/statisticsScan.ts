/**
 * Statistics of a tensor from its bytes as the file stores them, in chunks, without decoding them first.
 *
 * The dtypes of 8 and 16 bits are counted by code, which gives everything exactly in one pass. Of the wider ones, the
 * first pass takes the moments and a second, `startHistogram`, the histogram and the quantiles. With `momentsOnly` there
 * is one pass for every dtype, and the fastest. The same chunks give the same bits, whatever the number of threads.
 *
 * The plain twins are the accumulators of ../statistics, which agree on every definition.
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

/** Bytes that `add` takes into the engine's memory at a time. */
const STAGING_BYTES = 4 * 2 ** 20;
/**
 * Entries of a record, at least: a call of some 25 microseconds, long beside the two or three that it costs to hand out
 * and merge; and at most: the optimising compiler takes over between calls. How many depends on how much there is to do
 * and on nothing else, so that the records, and their sum, are the same whoever makes them.
 */
const SHORT_SEGMENT = 2 ** 17;
const LONG_SEGMENT = 2 ** 19;
/** Calls that a job of segments between those has: enough for eight threads to end at nearly the same time. */
const SHARES = 32;
/** Segments begin at multiples of it. */
const ALIGNMENT = 4096;
/** Bytes from which a chunk is shared among threads. */
const SHARE_BYTES = 2 ** 20;

interface ScanOptions {
  /** Leave out the histogram and the quantiles. */
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

  /** @throws ArgumentError for a dtype that the engine does not read. */
  constructor(
    private readonly engine: Engine,
    dtype: string,
    { momentsOnly = false }: ScanOptions = {},
  ) {
    this.dtype = engineDtype(dtype);
    const { values, bytes } = this.dtype;
    this.lookup = bytes === 1 ? this.keep(Float32Array.from(values!)).address : 0;
    // A byte has so few codes that counting is the fastest way to the moments too.
    this.counts = values && !(momentsOnly && bytes > 1) ? new CodeCounts(engine, values, bytes) : null;
    this.records = this.counts ? 0 : this.keep(new Float32Array((RECORD_BYTES / 4) * MAX_CALLS)).address;
  }

  private keep(values: Float32Array): ResidentArray {
    const block = this.engine.keep(values);
    this.blocks.push(block);
    return block;
  }

  /** Takes in whole entries from anywhere, by way of the engine's memory. */
  add(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += STAGING_BYTES) {
      const part = bytes.subarray(start, start + STAGING_BYTES);
      this.staging ??= this.engine.allocate(STAGING_BYTES / 4);
      this.engine.arena.bytes(this.staging.address, part.length).set(part);
      this.addResident(this.staging.address, part.length);
    }
  }

  /** Takes in entries that lie in the engine's memory. */
  addResident(address: number, byteLength: number): void {
    const { bytes } = this.dtype;
    if (byteLength % bytes !== 0) {
      throw new ArgumentError('StatisticsScan.add', `a multiple of ${bytes} bytes`, String(byteLength));
    }
    // A whole job at a time: threads wake and wait once for each.
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

  /** What all that was added looks like. */
  summary(): ScanSummary {
    return this.counts ? this.counts.summary() : this.moments.summary(this.entries);
  }

  /** Histogram over [min, max] and quantiles, where codes were counted; null where a second pass has to find them. */
  distribution(bins: number, shares: readonly number[]): Distribution | null {
    return this.counts ? this.counts.distribution(bins, shares) : null;
  }

  /** The second pass: feed it the same entries again. */
  startHistogram(bins: number): HistogramScan {
    const { min, max } = this.summary();
    return new HistogramScan(this.engine, this.dtype, min, max, bins, this.lookup);
  }

  /** Gives the memory back. */
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
