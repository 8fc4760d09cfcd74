/** `peft-inspector extract`: an adapter from the difference of two models. */

import { parseArgs } from 'node:util';
import { version } from '../../../package.json';
import { nodeFiles } from '../../files/nodeFile';
import { newAdapter } from '../../surgery/adapterFiles';
import { openBase } from '../../surgery/baseModel';
import type { BaseModel } from '../../surgery/baseModel';
import { checkFloatDtype } from '../../surgery/encodeValues';
import { extractAdapter } from '../../surgery/extractAdapter';
import type { ExtractOptions, Extraction } from '../../surgery/extractAdapter';
import { checkpointPath } from '../checkpointPath';
import { UsageError } from '../command';
import type { Command } from '../command';
import { harmless, table } from '../terminalText';
import type { Output } from '../terminal';
import { interruptible } from '../training/interrupt';
import { wholeNumber } from '../training/numberOptions';
import { progressOf, sha256 } from './adapterInputs';
import type { ResultFacts } from './adapterInputs';
import { finiteNumber, MAX_RANK } from './options';
import { orRefused } from './refusal';
import { saveResult } from './saveResult';

const OPTIONS = {
  base: { type: 'string' },
  tuned: { type: 'string' },
  rank: { type: 'string' },
  energy: { type: 'string' },
  modules: { type: 'string' },
  'save-others': { type: 'boolean' },
  dtype: { type: 'string' },
  output: { type: 'string', short: 'o' },
  overwrite: { type: 'boolean' },
  preview: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** Longest pattern of --modules. */
const MAX_PATTERN = 1000;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

export const extractCommand: Command = {
  name: 'extract',
  synopsis: 'extract --base <model> --tuned <model> --rank <number> -o <place> [--json]',
  summary: 'Extract an adapter from the difference of a tuned model and its base, and name what it cannot express.',
  options: [
    '--base <model> --tuned <model>   safetensors files, folders or indexes',
    '--rank <number>           rank of every module',
    '--energy <0.95>           or the smallest rank that keeps this share of the squared norm, module by module',
    '--modules <regex>         only tensors with a matching name',
    '--save-others             keep norms, embeddings and resized tensors in full (modules_to_save)',
    '--dtype <F32>             F64, F32, F16 or BF16',
    '-o <place>                a new folder; --overwrite allows an existing one',
    '--preview                 only the figures: nothing is written',
    '--json                    modules, unchanged, notExpressible, shapeMismatch, written as JSON',
  ],
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const { base, tuned } = values;
    if (base === undefined || tuned === undefined) throw new UsageError('--base and --tuned are both needed');
    const options = readOptions(values);
    return interruptible(async (signal) => {
      const models: BaseModel[] = [];
      const inputs: { path: string; format: string; sha256: string }[] = [];
      try {
        for (const given of [base, tuned]) {
          const { file } = await checkpointPath(given);
          models.push(await openBase(nodeFiles, file, signal));
          // The index of a sharded model stands for it: hashing all shards takes longer than the extraction.
          inputs.push({ path: file, format: 'safetensors', sha256: await sha256(file, signal) });
        }
        const facts: ResultFacts = { tool: 'peft-inspector', version, inputs };
        return await orRefused(facts, values.json ?? false, () => extract(models, facts, options, values, signal));
      } finally {
        for (const model of models) await model.close();
      }
    });
  },
};

async function extract(
  [base, tuned]: readonly BaseModel[],
  facts: ResultFacts,
  options: ExtractOptions,
  values: Values,
  signal: AbortSignal,
): Promise<Output> {
  const json = values.json ?? false;
  const dtype = checkFloatDtype(values.dtype?.toUpperCase() ?? 'F32', '--dtype');
  const result = await extractAdapter(base!, tuned!, options, progressOf('comparing tensors', json), signal);
  const { facts: modules, unchanged, notExpressible, shapeMismatch, savedModules } = result;
  const { output } = values;
  const plain = newAdapter([], result.modules, dtype, result.saved);
  const adapter = {
    ...plain,
    config: {
      ...plain.config,
      modules_to_save: savedModules.length > 0 ? [...savedModules] : null,
      fan_in_fan_out: base!.config?.['model_type'] === 'gpt2',
    },
  };
  const saved = values.preview
    ? null
    : await saveResult(
        adapter,
        facts,
        { operation: 'extract', options: { rank: options.rank, energy: options.energy, dtype } },
        {
          ...(output !== undefined && { output }),
          overwrite: values.overwrite ?? false,
          dtype,
          verify: result.modules,
        },
        signal,
      );
  if (!json) return { lines: asLines(result, saved?.files ?? []) };
  return {
    json: {
      ...facts,
      ...{ modules, unchanged, notExpressible, shapeMismatch, saved: savedModules },
      ...(saved && { written: saved.files, writtenError: saved.error }),
      notCovered: [],
    },
  };
}

function readOptions(values: Values): ExtractOptions {
  const { rank, energy, modules } = values;
  if ((rank === undefined) === (energy === undefined)) throw new UsageError('expected either --rank or --energy');
  const wanted = rank === undefined ? null : wholeNumber('rank', rank, 1);
  if (wanted !== null && wanted > MAX_RANK) throw new UsageError(`--rank: expected at most ${MAX_RANK}, got ${wanted}`);
  const share = energy === undefined ? null : finiteNumber('energy', energy);
  if (share !== null && !(share > 0 && share <= 1))
    throw new UsageError(`--energy: expected more than 0, at most 1, got '${energy}'`);
  return {
    rank: wanted,
    energy: share,
    only: modules === undefined ? null : pattern(modules),
    saveOthers: values['save-others'] ?? false,
  };
}

function pattern(text: string): RegExp {
  if (text.length > MAX_PATTERN) throw new UsageError(`--modules: expected at most ${MAX_PATTERN} characters`);
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--modules: ${(error as Error).message}`);
  }
}

function asLines(result: Extraction, files: readonly string[]): string[] {
  const { facts, unchanged, notExpressible, shapeMismatch } = result;
  const rows = facts.map(({ name, rank, fro, atRank }) => {
    const relError = Object.values(atRank)[0]?.relError ?? null;
    const error = relError === null ? '-' : `${(100 * relError).toFixed(3)} %`;
    return [harmless(name), String(rank), fro.toPrecision(4), error];
  });
  return [
    ...table([['module', 'rank', 'norm', 'error'], ...rows], new Set([1, 2, 3])),
    `unchanged: ${unchanged.length} tensors`,
    ...notExpressible.map(({ name, why }) => `not in the factors: ${harmless(name)}, ${why}`),
    ...shapeMismatch.map(({ name }) => `missing or of another shape: ${harmless(name)}`),
    ...files.map((file) => `saved ${file}`),
  ];
}
