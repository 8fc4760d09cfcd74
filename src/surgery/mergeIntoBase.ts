/**
 * Merges adapters into a base model, streamed: headers, index, metadata, order and untouched tensors stay to the byte,
 * and of a changed tensor only a block of rows is in memory.
 */

import { decodeValues } from '../checkpoint/dtypes';
import type { Sink } from '../checkpoint/fileAccess';
import { StoredTensor } from '../matrices/storedMatrix';
import type { BaseFile, BaseModel } from './baseModel';
import type { BasePlan, MatrixTarget, ModuleChange, TensorPlan } from './basePlan';
import { encodeValues, roundTo } from './encodeValues';
import type { FloatDtype } from './encodeValues';
import { SurgeryError } from './errors';
import { factorDtype, MatrixMerge, storedTerm } from './mergeMatrix';
import type { MergeFigures, Rounding, StoredChange } from './mergeMatrix';
import type { AdapterTensors } from './adapterTensors';

/** Entries of a block: 8 MB in float64. */
const BLOCK_ENTRIES = 2 ** 20;
/** Bytes that are copied at a time. */
const COPY_BYTES = 4 * 2 ** 20;

export interface MergedTensor extends MergeFigures {
  readonly name: string;
  readonly tensor: string;
}

export interface BaseMergeJob {
  readonly base: BaseModel;
  readonly plan: BasePlan;
  readonly rounding: Rounding;
  /** Reads whole tensors of an adapter's file: magnitudes, biases, modules saved whole. */
  readonly extras: AdapterTensors;
  readonly signal?: AbortSignal;
  /** Called after each tensor of the base. */
  readonly report: () => Promise<void>;
}

/** Measures the merge without writing. Rejects with what reading rejects with. */
export async function previewBaseMerge(job: BaseMergeJob): Promise<MergedTensor[]> {
  const merged: MergedTensor[] = [];
  for (const tensorPlan of job.plan.tensors.values()) {
    await writeChanged(job, tensorPlan, async () => {}, merged);
    await job.report();
  }
  return merged;
}

/**
 * Writes one file of the base with its changes. Rejects with `SurgeryError` NonFinite as soon as a merged entry is not
 * finite.
 */
export async function writeMergedFile(
  job: BaseMergeJob,
  file: BaseFile,
  sink: Sink,
  merged: MergedTensor[],
): Promise<void> {
  let at = 0;
  const copyTo = async (end: number): Promise<void> => {
    for (; at < end; at = Math.min(end, at + COPY_BYTES))
      await sink(await file.source.read(at, Math.min(COPY_BYTES, end - at), job.signal));
  };
  for (const entry of file.tensors) {
    const tensorPlan = job.plan.tensors.get(entry.name);
    if (tensorPlan) {
      await copyTo(file.dataStart + entry.begin);
      const before = merged.length;
      await writeChanged(job, tensorPlan, sink, merged);
      for (const { name, nonFinite } of merged.slice(before)) refuseNonFinite(name, entry.name, nonFinite);
      at = file.dataStart + entry.end;
    }
    await job.report();
  }
  await copyTo(file.source.size);
}

function refuseNonFinite(module: string, tensor: string, count: number): void {
  if (count === 0) return;
  const message = `${module}: ${count} entries of ${tensor} would be NaN or infinite after the merge`;
  throw new SurgeryError('NonFinite', message, module);
}

/** The bytes of a changed tensor. */
async function writeChanged(job: BaseMergeJob, plan: TensorPlan, sink: Sink, merged: MergedTensor[]): Promise<void> {
  const { file, entry } = plan.target;
  const dtype = entry.dtype as FloatDtype;
  const stored = new StoredTensor(file.source, file.dataStart, entry);
  const entries = entry.shape.reduce((product, side) => product * side, 1);
  const read = async (first: number, count: number): Promise<Float64Array> => {
    const { bytes, skip } = await stored.read(first, count, job.signal);
    const values = new Float64Array(count);
    decodeValues(dtype, bytes, values, skip);
    return values;
  };
  const start = plan.replacement ? await replacementReader(job, plan, dtype) : read;
  let at = 0;
  const copyTo = async (end: number): Promise<void> => {
    for (; at < end; at += Math.min(BLOCK_ENTRIES, end - at))
      await sink(encodeValues(await biased(job, plan, start, at, Math.min(BLOCK_ENTRIES, end - at), merged), dtype));
  };
  for (const target of [...plan.matrices].sort((x, y) => x.offset - y.offset)) {
    await copyTo(target.offset);
    merged.push(await writeMatrix(job, target, entry.name, dtype, start, sink));
    at = target.offset + target.rows * target.columns;
  }
  await copyTo(entries);
}

type ReadEntries = (first: number, count: number) => Promise<Float64Array>;

/** The entries of the adapter's own tensor, rounded to the dtype of the base. */
async function replacementReader({ extras }: BaseMergeJob, plan: TensorPlan, dtype: FloatDtype): Promise<ReadEntries> {
  const { adapter, tensor } = plan.replacement!;
  return async (first, count) => {
    const values = await extras.entries(adapter, tensor, first, count);
    for (let i = 0; i < values.length; i++) {
      const rounded = roundTo(values[i]!, dtype);
      if (!Number.isFinite(rounded)) refuseNonFinite(tensor, plan.target.entry.name, 1);
      values[i] = rounded;
    }
    return values;
  };
}

/** Entries of a tensor outside matrices, with the biases of B added. */
async function biased(
  { extras, rounding }: BaseMergeJob,
  plan: TensorPlan,
  read: ReadEntries,
  first: number,
  count: number,
  merged: MergedTensor[],
): Promise<Float64Array> {
  const values = await read(first, count);
  const dtype = plan.target.entry.dtype as FloatDtype;
  for (const { adapter, module, weight } of plan.biases) {
    const bias = await extras.entries(adapter, module.bias!, first, count);
    for (let i = 0; i < count; i++) {
      const change = weight * module.info.scaling * bias[i]!;
      values[i] = values[i]! + (rounding === 'peft' ? roundTo(change, dtype) : change);
    }
  }
  const bad = values.filter((value) => !Number.isFinite(roundTo(value, dtype))).length;
  if (plan.biases.length > 0 && bad > 0) {
    const name = plan.biases[0]!.module.name;
    const tensor = plan.target.entry.name;
    merged.push({
      name,
      tensor,
      deltaFro: NaN,
      deltaOverWeight: null,
      unchangedShare: 0,
      mergedDeltaError: null,
      nonFinite: bad,
    });
  }
  return values;
}

async function writeMatrix(
  job: BaseMergeJob,
  target: MatrixTarget,
  tensor: string,
  dtype: FloatDtype,
  read: ReadEntries,
  sink: Sink,
): Promise<MergedTensor> {
  const changes: StoredChange[] = [];
  for (const change of target.changes) changes.push(await storedChange(job, change, target.transposed));
  const merge = new MatrixMerge(target, changes, dtype, job.rounding);
  const rowsAtOnce = Math.max(1, Math.floor(BLOCK_ENTRIES / target.columns));
  const blocks = async (visit: (values: Float64Array, row: number) => void | Promise<void>): Promise<void> => {
    for (let row = 0; row < target.rows; row += rowsAtOnce) {
      job.signal?.throwIfAborted();
      const rows = Math.min(rowsAtOnce, target.rows - row);
      await visit(await read(target.offset + row * target.columns, rows * target.columns), row);
    }
  };
  if (merge.needsNorms) {
    await blocks((values, row) => merge.addNorms(values, row));
    merge.finishNorms();
  }
  await blocks(async (values, row) => {
    merge.merge(values, row);
    await sink(encodeValues(values, dtype));
  });
  const figures = merge.figures();
  return { name: target.changes[0]!.module.name, tensor, ...figures };
}

async function storedChange(
  { extras, signal }: BaseMergeJob,
  change: ModuleChange,
  transposed: boolean,
): Promise<StoredChange> {
  const { adapter, module, weight } = change;
  const term = storedTerm(await adapter.term(module.name, signal), weight, transposed);
  const { magnitude, info } = module;
  return {
    term,
    dtype: factorDtype(module.dtype),
    magnitude: magnitude === null ? null : await extras.entries(adapter, magnitude, 0, info.outFeatures),
    norms: null,
  };
}
