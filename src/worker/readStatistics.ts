/** Statistics of a whole matrix, in two passes with progress; of a very large one, of an even sample. */

import { ABS_QUANTILE_SHARES } from '../protocol/matrix';
import type { Statistics } from '../protocol/matrix';
import type { Progress } from '../protocol/rpc';
import { HistogramAccumulator, StatisticsAccumulator } from '../tensor/statistics';
import { everything } from './matrixReader';
import type { Block, MatrixReader, RowRange, ScanRequest } from './matrixReader';

/** Read per pass, in bytes or what takes as long: some ten seconds. A larger matrix is sampled. */
export const STATISTICS_BUDGET = 2 ** 30;
const HISTOGRAM_BINS = 256;
/** Stretches that a sample is spread over. */
const SAMPLE_STRETCHES = 1024;

export async function readStatistics(
  matrix: MatrixReader,
  progress: (progress: Progress) => void,
  signal?: AbortSignal,
  budget = STATISTICS_BUDGET,
): Promise<Statistics> {
  const { requests, entries, sampled } = planSample(matrix, budget);
  let done = 0;
  const pass = async (add: (block: Block) => void): Promise<void> => {
    for (const request of requests) {
      await matrix.scan(
        request,
        (block) => {
          add(block);
          done += block.values.length;
          progress({ done, total: 2 * entries });
        },
        signal,
      );
    }
  };
  const accumulator = new StatisticsAccumulator();
  await pass(({ values }) => accumulator.add(values));
  const summary = accumulator.summary();
  const histogram = new HistogramAccumulator(summary.min, summary.max, HISTOGRAM_BINS);
  await pass(({ values }) => histogram.add(values));
  return {
    ...summary,
    histogram: histogram.counts,
    absQuantiles: accumulator.absQuantiles(ABS_QUANTILE_SHARES),
    sampled,
  };
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

/** About `share` of 0 ... size - 1 in evenly spread stretches. */
function stretches(size: number, share: number): RowRange[] {
  const count = Math.min(SAMPLE_STRETCHES, Math.max(1, Math.floor(size * share)));
  const length = Math.max(1, Math.floor((size * share) / count));
  return Array.from({ length: count }, (_, i) => {
    const first = Math.floor(((i + 0.5) * size) / count - length / 2);
    return { first: Math.min(Math.max(first, 0), size - length), count: length };
  });
}
