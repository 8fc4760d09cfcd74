/** The half of `peft-inspector merge` that makes one adapter of several. */

import { nodeFiles } from '../../files/nodeFile';
import { checkFloatDtype } from '../../surgery/encodeValues';
import { largestRank, mergeAdapters, mergedFiles } from '../../surgery/mergeAdapters';
import type { MergeOptions, MergeResult } from '../../surgery/mergeAdapters';
import type { OpenedAdapter } from '../../surgery/readAdapter';
import { asPeftSaves, checkPeftCall } from '../../surgery/peftExact';
import type { PeftCall } from '../../surgery/peftExact';
import { seededRandom } from '../../tensor/random';
import { harmless, table } from '../terminalText';
import type { Output } from '../terminal';
import { progressOf } from './adapterInputs';
import type { ResultFacts } from './adapterInputs';
import type { MergeValues } from './mergeValues';
import { saveResult } from './saveResult';

export async function mergeIntoOne(
  adapters: readonly OpenedAdapter[],
  facts: ResultFacts,
  values: MergeValues,
  signal: AbortSignal,
): Promise<Output> {
  const call = values.peftExact ? checkPeftCall(adapters, values) : null;
  const used = call ? adapters.slice(0, values.weights.length) : adapters;
  const options = mergeOptions(values, call, used);
  const dtype = checkFloatDtype(values.dtype ?? widestDtype(adapters), '--dtype');
  const result = await mergeAdapters(nodeFiles, used, options, progressOf('merging modules', values.json), signal);
  const files = call ? asPeftSaves(adapters, result.modules, call, dtype) : mergedFiles(adapters, result, dtype);
  const summary = {
    ...facts,
    type: options.type,
    rank: result.modules.reduce((most, { rank }) => Math.max(most, rank), 0),
    scaling: call && files.config['use_rslora'] === true ? Math.sqrt(call.rank) : 1,
    strength: result.strength,
    config: files.config,
    modules: result.facts,
    ...(call && { peftFaults: call.faults }),
    notCovered: [],
  };
  const { weights, density, seed, output, overwrite } = values;
  const made = { operation: 'merge', options: { weights, type: options.type, density, seed, dtype } };
  // PEFT's own result is compared with PEFT, not with the sum.
  const verify = call ? null : result.modules;
  const saving = { ...(output !== undefined && { output }), overwrite, dtype, verify };
  const written = values.preview ? null : await saveResult(files, facts, made, saving, signal);
  const json = { ...summary, ...(written && { written: written.files, writtenError: written.error }) };
  return values.json ? { json } : { lines: asLines(result, call, written?.files ?? []) };
}

function mergeOptions(values: MergeValues, call: PeftCall | null, used: readonly OpenedAdapter[]): MergeOptions {
  const { weights, density, majority, clamp, seed, keepNorm } = values;
  return {
    type: call?.type ?? values.type,
    rank: call?.rank ?? values.rank ?? largestRank(used),
    weights,
    density: density ?? 1,
    majority,
    clamp,
    random: seededRandom(seed),
    ...(keepNorm && { keepNorm }),
    ...(call && { dropAsPeft: true }),
  };
}

const WIDTHS = ['F64', 'F32', 'BF16', 'F16'];

/** The dtype of the factors that loses least of all inputs. */
export function widestDtype(adapters: readonly OpenedAdapter[]): string {
  const dtypes = new Set(adapters.flatMap(({ modules }) => [...modules.values()].map(({ dtype }) => dtype)));
  if (dtypes.has('BF16') && dtypes.has('F16')) return 'F32';
  return WIDTHS.find((dtype) => dtypes.has(dtype)) ?? 'F32';
}

function asLines({ facts }: MergeResult, call: PeftCall | null, files: readonly string[]): string[] {
  const heading = ['module', 'rank', 'norm', 'error', 'least error of this rank'];
  const rows = facts.map(({ name, rank, fro, error }) => [
    harmless(name),
    String(rank),
    fro.toPrecision(4),
    share(error.relative),
    share(error.optimal),
  ]);
  return [
    ...table([heading, ...rows], new Set([1, 2, 3, 4])),
    ...(call?.faults ?? []).map((fault) => `reproduced from PEFT 0.21: ${fault}`),
    ...files.map((file) => `saved ${file}`),
  ];
}

function share(value: number | null): string {
  return value === null ? '-' : `${(100 * value).toFixed(3)} %`;
}
