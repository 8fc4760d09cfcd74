/** Computes statistics of a matrix with progress. A very large one is sampled evenly unless all of it is requested. */

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

/** Reading budget per pass, in the unit of `costPerEntry`: about ten seconds. A larger matrix is sampled. */
const STATISTICS_BUDGET = 2 ** 30;
/** The same budget if the engine reads a local file or computes the matrix: a second or two. */
const FAST_STATISTICS_BUDGET = 2 ** 32;
/** Reading budget of `QUICK`, spread over `QUICK_PLACES` places. */
const QUICK_BYTES = 2 ** 20;
const QUICK_PLACES = 16;
/** Replaces a budget: a small sample that is enough to choose a colour domain. */
export const QUICK = 'quick';
const HISTOGRAM_BINS = 256;
/** Number of stretches that a sample is spread over. */
const SAMPLE_STRETCHES = 1024;

/** `budget` replaces the default budgets. Infinity reads the whole matrix, `QUICK` about a megabyte. */
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

/** Samples whole rows if there are enough of them, or else stretches of columns. */
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

/** Samples rows, or parts of rows, in a few places along the diagonal, which covers all regions of rows and columns. */
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

/** Evenly spread stretches that cover about `share` of 0 ... size - 1. */
function stretches(size: number, share: number): RowRange[] {
  const count = Math.min(SAMPLE_STRETCHES, Math.max(1, Math.floor(size * share)));
  const length = Math.max(1, Math.floor((size * share) / count));
  return Array.from({ length: count }, (_, i) => {
    const first = Math.floor(((i + 0.5) * size) / count - length / 2);
    return { first: Math.min(Math.max(first, 0), size - length), count: length };
  });
}
