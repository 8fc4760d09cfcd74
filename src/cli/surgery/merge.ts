/** `peft-inspector merge`: several adapters into one, or adapters into their base model. */

import { parseArgs } from 'node:util';
import { MERGE_TYPES } from '../../surgery/mergeTypes';
import type { MajorityMethod } from '../../surgery/elementwise';
import { DEFAULT_SEED } from '../../tensor/random';
import { UsageError } from '../command';
import type { Command } from '../command';
import { interruptible } from '../training/interrupt';
import { readNumber } from '../training/numberOptions';
import { withAdapters } from './adapterInputs';
import { mergeIntoOne } from './mergeAdapters';
import type { MergeValues } from './mergeValues';
import { mergeIntoBaseModel, readRounding } from './mergeBase';
import { finiteNumber, MAX_RANK, numberList, withNegativeLists } from './options';
import { orRefused } from './refusal';

const OPTIONS = {
  weights: { type: 'string' },
  type: { type: 'string' },
  rank: { type: 'string' },
  density: { type: 'string' },
  majority: { type: 'string' },
  seed: { type: 'string' },
  clamp: { type: 'string' },
  'peft-exact': { type: 'boolean' },
  'keep-norm': { type: 'boolean' },
  base: { type: 'string' },
  round: { type: 'string' },
  safe: { type: 'boolean' },
  dtype: { type: 'string' },
  output: { type: 'string', short: 'o' },
  overwrite: { type: 'boolean' },
  preview: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export const mergeCommand: Command = {
  name: 'merge',
  synopsis: 'merge <adapter> ... [--base <model>] -o <place> [--json]',
  summary:
    'Merge adapters into one, exactly or by one of the methods of PEFT, each with its error against the true sum.',
  options: [
    '<adapter> ...      files or folders of any layout',
    '--weights <1,1>    one for each adapter',
    `--type <cat>       ${MERGE_TYPES.join(', ')}; cat is the exact sum`,
    '--rank <number>    of svd and the types with _svd; default: the largest of the inputs',
    '--density <share>  entries that ties, dare and magnitude_prune keep',
    '--majority <total> or frequency: the vote of ties',
    `--seed <${DEFAULT_SEED}>        of dare`,
    '--clamp <quantile> clips the entries of both factors of an SVD, which costs accuracy',
    '--keep-norm        scale the sum to the norm of the strongest adapter',
    '--peft-exact       what PEFT 0.21 makes of the call, with its faults, which are named',
    '--dtype <F32>      F64, F32, F16 or BF16; default: the widest of the inputs',
    '-o <place>         a new folder, or a .safetensors file; --overwrite allows an existing one',
    '--base <model>     merge into this model (safetensors, with or without shards) instead',
    '--round <exact>    one rounding of the sum in float64; once: as merge_and_unload; peft: as safe_merge (--safe)',
    '--preview          only the figures: nothing is written',
    '--json             type, rank, scaling, config, modules, refused, written as JSON',
  ],
  async run(args) {
    const { values, positionals } = parseArgs({
      args: withNegativeLists(args),
      options: OPTIONS,
      allowPositionals: true,
    });
    if (positionals.length === 0) throw new UsageError('expected at least one adapter');
    const read = readValues(values, positionals.length);
    const { base } = values;
    const rounding = readRounding(values.round, values.safe ?? false);
    return interruptible((signal) =>
      withAdapters(
        positionals,
        (adapters, facts) =>
          orRefused(facts, read.json, () =>
            base === undefined
              ? mergeIntoOne(adapters, facts, read, signal)
              : mergeIntoBaseModel(adapters, facts, { ...read, base, rounding }, signal),
          ),
        signal,
      ),
    );
  },
};

type Parsed = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>['values'];

function readValues(values: Parsed, count: number): MergeValues {
  const weights = numberList('weights', values.weights) ?? Array.from({ length: count }, () => 1);
  const peftExact = values['peft-exact'] ?? false;
  if (weights.length !== count && !(peftExact && weights.length < count))
    throw new UsageError(`--weights: expected ${count} numbers, got ${weights.length}`);
  const { type = 'cat', majority = 'total', rank, density, clamp, dtype, output } = values;
  if (!peftExact) {
    if (!(MERGE_TYPES as readonly string[]).includes(type))
      throw new UsageError(`--type: expected one of ${MERGE_TYPES.join(', ')}, got '${type}'`);
    if (majority !== 'total' && majority !== 'frequency')
      throw new UsageError(`--majority: expected total or frequency, got '${majority}'`);
    if (/ties|dare|prune/.test(type) && density === undefined) throw new UsageError(`--density is missing for ${type}`);
  }
  const kept = density === undefined ? null : finiteNumber('density', density);
  if (!peftExact && kept !== null && kept < 0) throw new UsageError(`--density: expected at least 0, got ${kept}`);
  return {
    weights,
    type,
    ...(rank !== undefined && { rank: rankOf(rank, peftExact) }),
    density: kept,
    majority: majority as MajorityMethod,
    seed: values.seed === undefined ? DEFAULT_SEED : finiteNumber('seed', values.seed),
    clamp: clamp === undefined ? null : readNumber('clamp', clamp, 1),
    peftExact,
    keepNorm: values['keep-norm'] ?? false,
    ...(dtype !== undefined && { dtype: dtype.toUpperCase() }),
    ...(output !== undefined && { output }),
    overwrite: values.overwrite ?? false,
    preview: values.preview ?? false,
    json: values.json ?? false,
  };
}

/** PEFT takes 0 for no rank. */
function rankOf(text: string, zeroAllowed: boolean): number {
  const rank = finiteNumber('rank', text);
  if (Number.isInteger(rank) && rank >= (zeroAllowed ? 0 : 1) && rank <= MAX_RANK) return rank;
  throw new UsageError(`--rank: expected a whole number from 1 to ${MAX_RANK}, got '${text}'`);
}
