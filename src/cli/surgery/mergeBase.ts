/** The half of `peft-inspector merge` that puts adapters into their base model. */

import * as path from 'node:path';
import { copyCompanions, makeFolderAtomically } from '../../files/atomicFolder';
import { nodeFiles } from '../../files/nodeFile';
import { AdapterTensors } from '../../surgery/adapterTensors';
import { openBase } from '../../surgery/baseModel';
import type { BaseModel } from '../../surgery/baseModel';
import { planBaseMerge } from '../../surgery/basePlan';
import type { BasePlan } from '../../surgery/basePlan';
import { previewBaseMerge, writeMergedFile } from '../../surgery/mergeIntoBase';
import type { BaseMergeJob, MergedTensor } from '../../surgery/mergeIntoBase';
import type { Rounding } from '../../surgery/mergeMatrix';
import type { OpenedAdapter } from '../../surgery/readAdapter';
import { checkpointPath } from '../checkpointPath';
import { RefusedError, UsageError } from '../command';
import { harmless, table } from '../terminalText';
import type { Output } from '../terminal';
import { progressOf } from './adapterInputs';
import type { ResultFacts } from './adapterInputs';
import type { MergeValues } from './mergeValues';
import { checkFreeSpace } from './outputPlace';

interface BaseMergeValues extends MergeValues {
  readonly base: string;
  readonly rounding: Rounding;
}

export async function mergeIntoBaseModel(
  adapters: readonly OpenedAdapter[],
  facts: ResultFacts,
  values: BaseMergeValues,
  signal: AbortSignal,
): Promise<Output> {
  const { file } = await checkpointPath(values.base);
  const base = await openBase(nodeFiles, file, signal);
  const extras = new AdapterTensors(nodeFiles, signal);
  try {
    const plan = planBaseMerge(base, adapters, values.weights);
    const all = values.preview ? plan.tensors.size : base.tensors.size;
    const progress = progressOf('tensors', values.json);
    let done = 0;
    const report = (): Promise<void> => progress(++done, all);
    const job: BaseMergeJob = { base, plan, rounding: values.rounding, extras, signal, report };
    const written = values.preview ? null : await write(job, facts, values);
    const modules = written?.modules ?? (await previewBaseMerge(job));
    const dtypes = [...new Set([...plan.tensors.values()].map(({ target }) => target.entry.dtype))];
    const json = {
      ...facts,
      base: { path: file, dtype: dtypes.length === 1 ? dtypes[0] : dtypes, shards: base.files.length },
      rounding: values.rounding,
      modules,
      replaced: plan.replaced,
      notes: plan.notes,
      ...(written && { written: written.files }),
      notCovered: [],
    };
    return values.json ? { json } : { lines: asLines(modules, plan, written?.files ?? []) };
  } finally {
    await extras.close();
    await base.close();
  }
}

async function write(job: BaseMergeJob, facts: ResultFacts, values: BaseMergeValues) {
  const { output } = values;
  if (output === undefined || output === '') throw new UsageError('-o is missing: where does the merged model go?');
  const { base, signal } = job;
  const bytes = base.files.reduce((sum, { source }) => sum + source.size, 0);
  await checkFreeSpace(path.dirname(path.resolve(output)), bytes);
  const from = path.dirname(base.path);
  const modules: MergedTensor[] = [];
  const files: string[] = [];
  await makeFolderAtomically(output, async (temporary) => {
    for (const file of base.files) {
      const place = path.join(temporary, file.name);
      await nodeFiles.writeAtomically(place, (sink) => writeMergedFile(job, file, sink, modules));
      files.push(path.join(output, file.name));
      signal?.throwIfAborted();
    }
    const except = new Set(base.files.map(({ name }) => name));
    const copied = await copyCompanions(from, temporary, except);
    for (const name of copied) files.push(path.join(output, name));
    await writeRecord(temporary, base, facts, values);
    files.push(path.join(output, RECORD));
  });
  return { modules, files };
}

/** How the model was made. The metadata of its files stays as it was. */
const RECORD = 'peft_inspector_merge.json';

async function writeRecord(
  folder: string,
  base: BaseModel,
  facts: ResultFacts,
  values: BaseMergeValues,
): Promise<void> {
  const { weights, rounding } = values;
  const record = { ...facts, operation: 'merge into base', base: base.path, options: { weights, rounding } };
  const text = new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
  await nodeFiles.writeAtomically(path.join(folder, RECORD), (sink) => sink(text));
}

function asLines(modules: readonly MergedTensor[], plan: BasePlan, files: readonly string[]): string[] {
  const heading = ['tensor', 'norm of the change', 'of the weight', 'entries that stay', 'error after rounding'];
  const rows = modules.map(({ tensor, deltaFro, deltaOverWeight, unchangedShare, mergedDeltaError }) => [
    harmless(tensor),
    deltaFro.toPrecision(4),
    share(deltaOverWeight),
    share(unchangedShare),
    share(mergedDeltaError),
  ]);
  return [
    ...table([heading, ...rows], new Set([1, 2, 3, 4])),
    ...plan.replaced.map((name) => `replaced by the adapter's own: ${harmless(name)}`),
    ...plan.notes.map((note) => `note: ${harmless(note, 1000)}`),
    ...files.map((file) => `saved ${file}`),
  ];
}

function share(value: number | null): string {
  return value === null ? '-' : `${(100 * value).toFixed(2)} %`;
}

/** @throws UsageError, RefusedError */
export function readRounding(round: string | undefined, safe: boolean): Rounding {
  if (round === undefined) return safe ? 'peft' : 'exact';
  if (round !== 'exact' && round !== 'once' && round !== 'peft')
    throw new UsageError(`--round: expected exact, once or peft, got '${round}'`);
  if (safe && round !== 'peft') throw new RefusedError(`--safe rounds as peft does, and --round says ${round}`);
  return round;
}
