/** Statistics of a whole matrix with progress; of a very large one, of an even sample unless all of it is asked for. */

import { ABS_QUANTILE_SHARES } from '../protocol/matrix';
import type { Statistics } from '../protocol/matrix';
import type { Progress } from '../protocol/rpc';
import { currentEngine } from '../tensor/engine/current';
import type { Engine } from '../tensor/engine/engine';
import { StatisticsScan } from '../tensor/engine/statisticsScan';
import { HistogramAccumulator, StatisticsAccumulator } from '../tensor/statistics';
import { everything } from './matrixReader';
import type { MatrixReader, ResidentBlock, ResidentEntries, RowRange, ScanRequest } from './matrixReader';
import { progressCounter } from './progressCounter';
import { eachRun } from './residentRuns';

/** Read per pass, in bytes or what takes as long: some ten seconds. A larger matrix is sampled. */
const STATISTICS_BUDGET = 2 ** 30;
/** The same where the engine reads a local file, or computes: a second or two. */
const FAST_STATISTICS_BUDGET = 2 ** 32;
/** What `QUICK` reads, in so many places. */
const QUICK_BYTES = 2 ** 20;
const QUICK_PLACES = 16;
/** In place of a budget: a glance, enough to judge the colours by. */
export const QUICK = 'quick';
const HISTOGRAM_BINS = 256;
/** Stretches that a sample is spread over. */
const SAMPLE_STRETCHES = 1024;

/** `budget` as the constants above, which it replaces; Infinity reads all, QUICK a megabyte. */
export async function readStatistics(
  matrix: MatrixReader,
  progress: (progress: Progress) => void,
  signal?: AbortSignal,
  budget?: number | typeof QUICK,
): Promise<Statistics> {
  const engine = currentEngine();
  const resident = (engine && matrix.resident) ?? null;
  const usual = resident?.fast ? FAST_STATISTICS_BUDGET : STATISTICS_BUDGET;
  const sample = budget === QUICK ? planGlance(matrix) : planSample(matrix, budget ?? usual);
  const found = resident
    ? await scanResident(engine!, resident, sample, progress, signal)
    : await scanPlain(matrix, sample, progress, signal);
  return { ...found, sampled: sample.sampled };
}

type Found = Omit<Statistics, 'sampled'>;

async function scanResident(
  engine: Engine,
  resident: ResidentEntries,
  { requests, entries }: Sample,
  progress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<Found> {
  const scan = new StatisticsScan(engine, resident.dtype);
  const { bytes } = scan.dtype;
  const count = progressCounter(entries * (scan.dtype.values ? 1 : 2), progress);
  const pass = async (add: (address: number, byteLength: number) => void): Promise<void> => {
    const visit = (block: ResidentBlock): void => {
      eachRun(block, bytes, add);
      count(block.rowCount * block.columnCount);
    };
    for (const request of requests) await resident.scan(engine, request, visit, signal);
  };
  try {
    await pass((address, byteLength) => scan.addResident(address, byteLength));
    const { l1: _, ...summary } = scan.summary();
    const counted = scan.distribution(HISTOGRAM_BINS, ABS_QUANTILE_SHARES);
    if (counted) return { ...summary, ...counted };
    const second = scan.startHistogram(HISTOGRAM_BINS);
    try {
      await pass((address, byteLength) => second.addResident(address, byteLength));
      return { ...summary, ...second.finish(ABS_QUANTILE_SHARES) };
    } finally {
      second.free();
    }
  } finally {
    scan.free();
  }
}

async function scanPlain(
  matrix: MatrixReader,
  { requests, entries }: Sample,
  progress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<Found> {
  const count = progressCounter(2 * entries, progress);
  const pass = async (add: (values: ArrayLike<number>) => void): Promise<void> => {
    for (const request of requests) {
      await matrix.scan(
        request,
        ({ values }) => {
          add(values);
          count(values.length);
        },
        signal,
      );
    }
  };
  const accumulator = new StatisticsAccumulator();
  await pass((values) => accumulator.add(values));
  const summary = accumulator.summary();
  const histogram = new HistogramAccumulator(summary.min, summary.max, HISTOGRAM_BINS);
  await pass((values) => histogram.add(values));
  return { ...summary, histogram: histogram.counts, absQuantiles: accumulator.absQuantiles(ABS_QUANTILE_SHARES) };
}

interface Sample {
  readonly requests: readonly ScanRequest[];
  readonly entries: number;
  readonly sampled: boolean;
}

/** Whole rows where there are enough of them, stretches of columns of the few there are otherwise. */
function planSample(matrix: MatrixReader, budget: number): Sample {
  const { rows, columns, costPerEntry } = matrix;
  const share = budget / (rows * columns * costPerEntry);
  if (!(share < 1)) return { requests: [everything(matrix)], entries: rows * columns, sampled: false };
  if (rows >= SAMPLE_STRETCHES && rows * share >= 1) {
    const ranges = stretches(rows, share);
    const entries = ranges.reduce((sum, { count }) => sum + count, 0) * columns;
    return { requests: [{ ranges, firstColumn: 0, columnCount: columns }], entries, sampled: true };
  }
  const windows = stretches(columns, share);
  const requests = windows.map(({ first, count }) => ({
    ranges: [{ first: 0, count: rows }],
    firstColumn: first,
    columnCount: count,
  }));
  return { requests, entries: windows.reduce((sum, { count }) => sum + count, 0) * rows, sampled: true };
}

/** Some rows, or parts of rows, in a few places down the diagonal: so in every stretch of rows and of columns. */
function planGlance(matrix: MatrixReader): Sample {
  const { rows, columns, costPerEntry } = matrix;
  if (rows * columns * costPerEntry <= QUICK_BYTES) return planSample(matrix, Infinity);
  const each = Math.max(1, Math.floor(QUICK_BYTES / QUICK_PLACES / costPerEntry));
  const columnCount = Math.min(columns, each);
  const count = Math.max(1, Math.min(Math.floor(rows / QUICK_PLACES), Math.floor(each / columnCount)));
  const requests = Array.from({ length: QUICK_PLACES }, (_, place): ScanRequest => {
    const at = (size: number, length: number): number =>
      Math.floor(((place + 0.5) / QUICK_PLACES) * (size - length + 1));
    return { ranges: [{ first: at(rows, count), count }], firstColumn: at(columns, columnCount), columnCount };
  });
  return { requests, entries: QUICK_PLACES * count * columnCount, sampled: true };
}

/** About `share` of 0 ... size - 1 in evenly spread stretches. */
function stretches(size: number, share: number): RowRange[] {
  const count = Math.min(SAMPLE_STRETCHES, Math.max(1, Math.floor(size * share)));
  const length = Math.max(1, Math.floor((size * share) / count));
  return Array.from({ length: count }, (_, i) => {
    const first = Math.floor(((i + 0.5) * size) / count - length / 2);
    return { first: Math.min(Math.max(first, 0), size - length), count: length };
  });
}
