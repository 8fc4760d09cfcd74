/** `peft-inspector resize`: an adapter of another rank. */

import { parseArgs } from 'node:util';
import { nodeFiles } from '../../files/nodeFile';
import { newAdapter } from '../../surgery/adapterFiles';
import { checkFloatDtype } from '../../surgery/encodeValues';
import type { OpenedAdapter } from '../../surgery/readAdapter';
import { resizeAdapter } from '../../surgery/resizeAdapter';
import type { ResizeOptions, ResizeResult } from '../../surgery/resizeAdapter';
import type { ResizeRule } from '../../surgery/resizeRules';
import { UsageError } from '../command';
import type { Command } from '../command';
import { harmless, table } from '../terminalText';
import type { Output } from '../terminal';
import { interruptible } from '../training/interrupt';
import { wholeNumber } from '../training/numberOptions';
import { progressOf, withAdapters } from './adapterInputs';
import type { ResultFacts } from './adapterInputs';
import { widestDtype } from './mergeAdapters';
import { finiteNumber, MAX_RANK } from './options';
import { orRefused } from './refusal';
import { saveResult } from './saveResult';

const OPTIONS = {
  rank: { type: 'string' },
  energy: { type: 'string' },
  'sv-ratio': { type: 'string' },
  'sv-fro': { type: 'string' },
  'sv-cumulative': { type: 'string' },
  'kohya-exact': { type: 'boolean' },
  dtype: { type: 'string' },
  output: { type: 'string', short: 'o' },
  overwrite: { type: 'boolean' },
  preview: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>['values'];

export const resizeCommand: Command = {
  name: 'resize',
  synopsis: 'resize <adapter> --rank <number> | --energy <share> -o <place> [--json]',
  summary: 'Change the rank of an adapter by its singular values, with the error of each module.',
  options: [
    '<adapter>                 a file or folder of any layout',
    '--rank <number>           the same rank for all modules; beside another rule, the largest rank',
    '--energy <0.95>           the smallest rank that keeps this share of the squared norm, module by module',
    "--sv-ratio <t> | --sv-fro <t> | --sv-cumulative <t>   kohya's dynamic rules",
    "--kohya-exact             kohya's ranks, one more than its rules need, and its alphas",
    '--dtype <F32>             F64, F32, F16 or BF16; default: that of the adapter',
    '-o <place>                a new folder, or a .safetensors file; --overwrite allows an existing one',
    '--preview                 only the figures: nothing is written',
    '--json                    modules, total, written as JSON',
  ],
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (positionals.length !== 1) throw new UsageError(`expected one adapter, got ${positionals.length}`);
    const options = readOptions(values);
    return interruptible((signal) =>
      withAdapters(
        positionals,
        ([adapter], facts) =>
          orRefused(facts, values.json ?? false, () => resize(adapter!, facts, options, values, signal)),
        signal,
      ),
    );
  },
};

async function resize(
  adapter: OpenedAdapter,
  facts: ResultFacts,
  options: ResizeOptions,
  values: Values,
  signal: AbortSignal,
): Promise<Output> {
  const json = values.json ?? false;
  const dtype = checkFloatDtype(values.dtype?.toUpperCase() ?? widestDtype([adapter]), '--dtype');
  const result = await resizeAdapter(nodeFiles, adapter, options, progressOf('resizing modules', json), signal);
  const { output } = values;
  const saved = values.preview
    ? null
    : await saveResult(
        newAdapter([adapter], result.modules, dtype, result.replaced),
        facts,
        { operation: 'resize', options: { ...options, dtype } },
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
      modules: result.facts,
      total: { relError: result.relError },
      ...(saved && { written: saved.files, writtenError: saved.error }),
      notCovered: [],
    },
  };
}

function readOptions(values: Values): ResizeOptions {
  const rules: ResizeRule[] = [];
  const add = (
    kind: ResizeRule['kind'],
    name: 'energy' | 'sv-ratio' | 'sv-fro' | 'sv-cumulative',
    most: number,
  ): void => {
    const text = values[name];
    if (text === undefined) return;
    const value = finiteNumber(name, text);
    if (!(value > 0 && value <= most))
      throw new UsageError(`--${name}: expected more than 0, at most ${most}, got '${text}'`);
    rules.push({ kind, value });
  };
  add('energy', 'energy', 1);
  add('svRatio', 'sv-ratio', Number.MAX_VALUE);
  add('svFro', 'sv-fro', 1);
  add('svCumulative', 'sv-cumulative', 1);
  if (rules.length > 1) throw new UsageError('expected one rule of --energy, --sv-ratio, --sv-fro and --sv-cumulative');
  const rank = values.rank === undefined ? null : wholeNumber('rank', values.rank, 1);
  if (rank !== null && rank > MAX_RANK) throw new UsageError(`--rank: expected at most ${MAX_RANK}, got ${rank}`);
  if (rules.length === 0 && rank === null) throw new UsageError('--rank or a rule such as --energy is missing');
  const rule: ResizeRule = rules[0] ?? { kind: 'rank', value: rank! };
  return { rule, most: rank, kohyaExact: values['kohya-exact'] ?? false };
}

function asLines({ facts, relError }: ResizeResult, files: readonly string[]): string[] {
  const heading = ['module', 'rank', 'new rank', 'energy kept', 'error'];
  const rows = facts.map(({ name, oldRank, rank, energyKept, relError: error }) => [
    harmless(name),
    String(oldRank),
    String(rank),
    share(energyKept),
    share(error),
  ]);
  return [
    ...table([heading, ...rows], new Set([1, 2, 3, 4])),
    `all modules: error ${share(relError)}`,
    ...files.map((file) => `saved ${file}`),
  ];
}

function share(value: number | null): string {
  return value === null ? '-' : `${(100 * value).toFixed(3)} %`;
}
