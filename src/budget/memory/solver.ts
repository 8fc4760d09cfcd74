/** The largest rank, batch or sequence that fits a limit, and what to change first if nothing fits. */

import { AdapterSettings } from '../../peftConfig/adapterSettings';
import { tableFor } from '../computeBudget';
import type { RawConfig } from '../../peftConfig/configValues';
import { isObject } from '../../peftConfig/configValues';
import { BudgetError, ConfigError } from '../../peftConfig/errors';
import { methodOf } from '../methods/registry';
import type { ModuleTable } from '../moduleTable';
import { MAX_BATCH, MAX_SEQUENCE, readTrainingSetup } from './setup';
import type { TrainingSetup } from './setup';
import { trainedModel } from './trainedModel';
import { trainingMemory } from './training';

export interface FitQuestion {
  /** The setting to maximise. The others stay as given. */
  readonly vary: 'rank' | 'microBatch' | 'sequenceLength';
  /** Memory of the device, including its context. */
  readonly bytes: number;
}

export interface Fit {
  /** `null` if not even 1 fits. */
  readonly largest: number | null;
  /** Bytes of the device with `largest`, or with 1 if nothing fits. */
  readonly bytes: number;
  /** The search ended at its own bound or at the method's, not at the limit. */
  readonly bounded: boolean;
}

/** Larger than any rank in use. */
const MAX_RANK = 1 << 13;
const MAXIMA = { rank: MAX_RANK, microBatch: MAX_BATCH, sequenceLength: MAX_SEQUENCE } as const;

/**
 * The largest whole number that fits, found by bisection: memory grows with each of the three settings. `model` is a
 * config.json or a prepared table. Throws a `BudgetError` for what cannot be estimated at all.
 */
export function largestThatFits(model: unknown, adapterConfig: unknown, setup: unknown, question: FitQuestion): Fit {
  const { vary, bytes } = question;
  if (!Object.hasOwn(MAXIMA, vary)) throw new ConfigError('vary', vary, `one of ${Object.keys(MAXIMA).join(', ')}`);
  if (!(bytes > 0)) throw new ConfigError('bytes', bytes, 'a number above 0');
  const adapter = adapterOf(adapterConfig);
  const table = tableFor(model, adapter);
  const base = readTrainingSetup(setup);
  const cost = costOf(table, adapter, base, vary);
  const first = cost(1);
  if (first === null || first > bytes) return { largest: null, bytes: first ?? Infinity, bounded: first === null };
  let fits = 1;
  let fails = 2;
  // Doubling first avoids absurd sizes, which a method may refuse.
  while (fails <= MAXIMA[vary] && within(cost(fails), bytes)) {
    fits = fails;
    fails *= 2;
  }
  const beyond = Math.min(fails, MAXIMA[vary] + 1);
  let high = beyond;
  while (high - fits > 1) {
    const middle = Math.floor((fits + high) / 2);
    if (within(cost(middle), bytes)) fits = middle;
    else high = middle;
  }
  return { largest: fits, bytes: cost(fits) ?? Infinity, bounded: fits === MAXIMA[vary] || cost(fits + 1) === null };
}

function within(cost: number | null, bytes: number): boolean {
  return cost !== null && cost <= bytes;
}

/** Bytes of the device for a value; `null` if the method refuses it. */
function costOf(
  table: ModuleTable,
  adapter: RawConfig | null,
  setup: TrainingSetup,
  vary: FitQuestion['vary'],
): (value: number) => number | null {
  if (vary !== 'rank') {
    const model = trainedModel(table, adapter);
    return (value) => trainingMemory(model, { ...setup, [vary]: value }).deviceBytes;
  }
  if (adapter === null) throw new BudgetError('full fine-tuning has no rank');
  const type = new AdapterSettings(adapter).method;
  const key = methodOf(type)?.rankKey ?? 'r';
  if (!Object.hasOwn(adapter, key) && type !== 'LORA' && type !== 'ADALORA')
    throw new BudgetError(`${type}: its config has no rank ('${key}') to vary`);
  return (value) => {
    try {
      return trainingMemory(trainedModel(table, { ...adapter, [key]: value }), setup).deviceBytes;
    } catch (error) {
      if (error instanceof BudgetError) return null;
      throw error;
    }
  };
}

export interface Advice {
  readonly id: string;
  readonly label: string;
  /** The change to the setup. */
  readonly change: Partial<TrainingSetup>;
  /** Bytes that the change alone saves. */
  readonly saves: number;
  /** Bytes of the device with this change and all earlier ones. */
  readonly bytes: number;
  /** Whether that fits. */
  readonly fits: boolean;
}

interface Change {
  readonly id: string;
  readonly label: string;
  readonly change: (setup: TrainingSetup, model: { readonly full: boolean }) => Partial<TrainingSetup> | null;
}

/** Cheapest first: changes that cost time, then precision, then context. */
const CHANGES: readonly Change[] = [
  {
    id: 'precision',
    label: 'Load and train in bfloat16',
    change: ({ precision }) => (precision === 'fp32' ? { precision: 'bf16' } : null),
  },
  {
    id: 'checkpointing',
    label: 'Gradient checkpointing: activations of one block only, for a third more time',
    change: ({ gradientCheckpointing }) => (gradientCheckpointing ? null : { gradientCheckpointing: true }),
  },
  {
    id: 'attention',
    label: 'Scaled dot-product attention instead of eager',
    change: ({ attention }) => (attention === 'eager' ? { attention: 'sdpa' } : null),
  },
  {
    id: 'microBatch',
    label: 'A micro-batch of 1, with gradients accumulated',
    change: ({ microBatch, gradientAccumulation }) =>
      microBatch > 1
        ? { microBatch: 1, gradientAccumulation: Math.min(MAX_BATCH, gradientAccumulation * microBatch) }
        : null,
  },
  {
    id: 'optimizer',
    label: '8-bit AdamW',
    change: ({ optimizer }) => (['adamw', 'paged-adamw'].includes(optimizer) ? { optimizer: 'adamw-8bit' } : null),
  },
  {
    id: 'zero',
    label: 'ZeRO stage 3 across the GPUs',
    change: ({ gpus, zeroStage }) => (gpus > 1 && zeroStage < 3 ? { zeroStage: 3 } : null),
  },
  {
    id: 'int8',
    label: 'Quantise the base to int8',
    change: ({ quantization }, { full }) => (quantization === 'none' && !full ? { quantization: 'int8' } : null),
  },
  {
    id: 'nf4',
    label: 'Quantise the base to NF4 with double quantisation (QLoRA)',
    change: ({ quantization }, { full }) =>
      quantization !== 'nf4-double' && !full ? { quantization: 'nf4-double' } : null,
  },
  {
    id: 'sequence',
    label: 'Halve the sequence length',
    change: ({ sequenceLength }) => (sequenceLength > 1 ? { sequenceLength: Math.ceil(sequenceLength / 2) } : null),
  },
];

/**
 * Changes in order, until the estimate fits; all of them if it never does. Changes that save nothing are left out.
 * `saves` is what each change saves on its own in the given setup.
 */
export function adviceFor(model: unknown, adapterConfig: unknown, given: unknown, bytes: number): readonly Advice[] {
  const adapter = adapterOf(adapterConfig);
  const trained = trainedModel(tableFor(model, adapter), adapter);
  const setup = readTrainingSetup(given);
  const before = trainingMemory(trained, setup).deviceBytes;
  const advice: Advice[] = [];
  let [together, last] = [setup, before];
  for (const { id, label, change } of CHANGES) {
    if (last <= bytes) break;
    const step = change(together, { full: adapter === null });
    if (step === null) continue;
    const next = { ...together, ...step };
    const total = trainingMemory(trained, next).deviceBytes;
    if (total >= last) continue;
    const alone = trainingMemory(trained, { ...setup, ...step }).deviceBytes;
    advice.push({ id, label, change: step, saves: Math.max(0, before - alone), bytes: total, fits: total <= bytes });
    [together, last] = [next, total];
  }
  return advice;
}

function adapterOf(config: unknown): RawConfig | null {
  if (config === null || isObject(config)) return config;
  throw new ConfigError('(the adapter config)', config, 'a JSON object, or null for full fine-tuning');
}
