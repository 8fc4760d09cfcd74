/** Summarises all entries of all tensors, a few tensors per request, so that a table fills while a file is read. */

import { CheckpointError } from '../checkpoint/errors';
import type { TensorScan, TensorSummary } from '../protocol/matrix';
import type { Progress } from '../protocol/rpc';
import { currentEngine } from '../tensor/engine/current';
import { StatisticsScan } from '../tensor/engine/statisticsScan';
import { StatisticsAccumulator } from '../tensor/statistics';
import type { SummaryStatistics } from '../tensor/statistics';
import type { MatrixSource } from './matrixSource';
import { everything } from './matrixReader';
import type { MatrixReader, ResidentBlock } from './matrixReader';
import { progressCounter } from './progressCounter';
import { eachRun } from './residentRuns';

/** A request ends after this time or this number of tensors: a table is then drawn about five times a second. */
const TURN_MS = 200;
const TURN_TENSORS = 2000;
/** Interval between progress reports, which makes their cost negligible. */
const REPORT_MS = 100;

/**
 * Summarises tensors from `first` on until the time is over, at least one. A tensor that cannot be read has a failure
 * instead. `progress` counts the entries of the current tensor. Rejects with NotFound if `first` is outside the list.
 */
export async function scanTensors(
  source: MatrixSource,
  first: number,
  progress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<TensorScan> {
  const { tensors } = source.description;
  if (!Number.isInteger(first) || first < 0 || (first >= tensors.length && first > 0)) {
    throw new CheckpointError('NotFound', `there is no tensor ${first} among ${tensors.length}`);
  }
  const start = performance.now();
  const rows: TensorSummary[] = [];
  let next = first;
  while (
    next < tensors.length &&
    rows.length < TURN_TENSORS &&
    (next === first || performance.now() - start < TURN_MS)
  ) {
    const { name } = tensors[next]!;
    try {
      const matrix = await source.matrix({ kind: 'entries', name }, signal);
      rows.push({ index: next, ...(await summarize(matrix, progress, signal)) });
    } catch (error) {
      signal?.throwIfAborted();
      rows.push({
        index: next,
        ...new StatisticsAccumulator().summary(),
        failure: error instanceof Error ? error.message : String(error),
      });
    }
    next++;
  }
  return { rows, next: next < tensors.length ? next : null };
}

/** Counts and moments of all entries. Reports progress only if that takes long. */
export async function summarize(
  matrix: MatrixReader,
  progress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<SummaryStatistics> {
  const total = matrix.rows * matrix.columns;
  const count = progressCounter(total, progress, { intervalMs: REPORT_MS, onlyLong: true });
  const engine = currentEngine();
  const resident = (engine && matrix.resident) ?? null;
  if (!engine || !resident) {
    const accumulator = new StatisticsAccumulator();
    const visit = ({ values }: { readonly values: ArrayLike<number> }): void => {
      accumulator.add(values);
      count(values.length);
    };
    if (total > 0) await matrix.scan(everything(matrix), visit, signal);
    return accumulator.summary();
  }
  // A row of the table has no histogram, and moments take half as long as counting every code.
  const scan = new StatisticsScan(engine, resident.dtype, { momentsOnly: true });
  try {
    const visit = (block: ResidentBlock): void => {
      eachRun(block, scan.dtype.bytes, (address, byteLength) => scan.addResident(address, byteLength));
      count(block.rowCount * block.columnCount);
    };
    if (total > 0) await resident.scan(engine, everything(matrix), visit, signal);
    const { l1: _, ...summary } = scan.summary();
    return summary;
  } finally {
    scan.free();
  }
}
