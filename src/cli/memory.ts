/** `peft-inspector memory`: the GPU memory of training or inference, term by term, and what fits. */

import { parseArgs } from 'node:util';
import { BudgetError } from '../peftConfig/errors';
import { GPUS, gpuBytes } from '../budget/gpus';
import { estimateInferenceMemory } from '../budget/memory/inference';
import { prepareModel } from '../budget/memory/prepare';
import { ATTENTIONS, OPTIMIZERS, PRECISIONS, QUANTIZATIONS } from '../budget/memory/setup';
import { adviceFor, largestThatFits } from '../budget/memory/solver';
import type { Advice, Fit, FitQuestion } from '../budget/memory/solver';
import type { MemoryEstimate } from '../budget/memory/terms';
import { storedQuantization } from '../budget/memory/storedQuantization';
import { estimateTrainingMemory } from '../budget/memory/training';
import type { ModuleTable } from '../budget/moduleTable';
import type { RawConfig } from '../peftConfig/configValues';
import { isObject } from '../peftConfig/configValues';
import { inOneMatching } from '../peftConfig/matching';
import { UsageError } from './command';
import type { Command } from './command';
import { readJson } from './readJson';
import { MODEL_OPTION, readModel } from './readModel';
import type { Output } from './terminal';
import { standInNote } from '../text/modelText';
import type { NamedModel } from '../text/modelText';
import { formatCount, formatMemory } from '../text/numberText';
import { harmless } from './terminalText';

const OPTIONS = {
  model: { type: 'string' },
  adapter: { type: 'string' },
  full: { type: 'boolean' },
  inference: { type: 'boolean' },
  precision: { type: 'string' },
  'base-dtype': { type: 'string' },
  quantization: { type: 'string' },
  optimizer: { type: 'string' },
  sequence: { type: 'string' },
  batch: { type: 'string' },
  accumulation: { type: 'string' },
  checkpointing: { type: 'boolean' },
  attention: { type: 'string' },
  zero: { type: 'string' },
  gpus: { type: 'string' },
  cache: { type: 'string' },
  merged: { type: 'boolean' },
  gpu: { type: 'string' },
  json: { type: 'boolean' },
} as const;

interface Values {
  readonly [key: string]: string | boolean | undefined;
}

export const memoryCommand: Command = {
  name: 'memory',
  synopsis: 'memory --model <config.json | name> --adapter <adapter_config.json> [--gpu <24GB>] [--json]',
  summary: 'Estimate the memory of training or inference, term by term, and what fits a GPU.',
  options: [
    MODEL_OPTION,
    '--adapter <adapter_config.json>   the config of a PEFT adapter; or --full to train all weights',
    '--inference                       run the model instead of training it; --merged with the adapter merged',
    `--precision <${PRECISIONS.join(' | ')}>   default bf16; --base-dtype <fp32 | bf16> under bf16-mixed`,
    `--quantization <${QUANTIZATIONS.join(' | ')}>`,
    `--optimizer <${OPTIMIZERS.join(' | ')}>`,
    '--sequence <tokens> --batch <sequences>   the longest batch on one GPU; with --inference, the context',
    '--accumulation <steps>            gradient accumulation',
    '--checkpointing                   gradient checkpointing',
    `--attention <${ATTENTIONS.join(' | ')}>`,
    '--zero <0 | 1 | 2 | 3> --gpus <number>',
    '--cache <fp32 | bf16 | fp8 | int4>   type of the key-value cache',
    `--gpu <24GB | id>                 what fits: ${GPUS.map(({ id }) => id).join(', ')}`,
    '--json                            terms, totalBytes, deviceBytes, phases, warnings, gpu, model as JSON',
  ],
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const { model, adapter, full, inference } = values;
    if (model === undefined) throw new UsageError('--model is missing');
    if (adapter === undefined && !full && !inference) throw new UsageError('--adapter is missing (or --full)');
    const base = await readModel(model);
    const adapterConfig = adapter === undefined || full ? null : await readAdapter(adapter);
    const table = prepareModel(base.config, adapterConfig);
    const stored = values.quantization === undefined ? storedQuantization(base.config) : null;
    const settings: Values = stored?.setting ? { ...values, quantization: stored.setting } : values;
    const notes = stored ? [stored.warning] : [];
    const limit = values.gpu === undefined ? null : gpuBytes(values.gpu);
    if (values.gpu !== undefined && limit === null)
      throw new UsageError(`--gpu: '${values.gpu}' is neither a size nor a known GPU`);
    const asked = { values: settings, model: base, table, adapterConfig, limit, notes };
    return inOneMatching(() => (inference ? inferenceOutput : trainingOutput)(asked));
  },
};

interface Asked {
  readonly values: Values;
  readonly model: NamedModel;
  readonly table: ModuleTable;
  readonly adapterConfig: RawConfig | null;
  /** Bytes of the GPU; `null` if none is named. */
  readonly limit: number | null;
  /** What the estimate assumes, as warnings. */
  readonly notes: readonly string[];
}

function withNotes<T extends MemoryEstimate>(estimate: T, notes: readonly string[]): T {
  return { ...estimate, warnings: [...notes, ...estimate.warnings] };
}

function inferenceOutput({ values, model, table, adapterConfig, limit, notes }: Asked): Output {
  const estimate = withNotes(estimateInferenceMemory(table, adapterConfig, inferenceSetup(values)), notes);
  const fits = limit === null ? null : { bytes: limit, fits: estimate.deviceBytes <= limit };
  if (values.json) return { json: { ...estimate, gpu: fits, model: nameOf(model) } };
  return { lines: linesOf(model, estimate, fits ? [verdict(model, fits)] : []) };
}

function trainingOutput({ values, model, table, adapterConfig, limit, notes }: Asked): Output {
  const setup = trainingSetup(values);
  const estimate = withNotes(estimateTrainingMemory(table, adapterConfig, setup), notes);
  const answers = limit === null ? null : solve(table, adapterConfig, setup, limit, estimate.deviceBytes);
  if (values.json) return { json: { ...estimate, gpu: answers, model: nameOf(model) } };
  const peak = `peak: ${estimate.peak.label.toLowerCase()}`;
  return { lines: linesOf(model, estimate, [peak, ...(answers ? answerLines(model, answers) : [])]) };
}

async function readAdapter(file: string): Promise<Readonly<Record<string, unknown>>> {
  const config = await readJson(file);
  if (!isObject(config)) throw new BudgetError('the adapter config is not an object');
  return config;
}

function trainingSetup(values: Values): Record<string, unknown> {
  return {
    precision: values['precision'],
    baseDtype: values['base-dtype'],
    quantization: values['quantization'],
    optimizer: values['optimizer'],
    sequenceLength: wholeNumber(values, 'sequence'),
    microBatch: wholeNumber(values, 'batch'),
    gradientAccumulation: wholeNumber(values, 'accumulation'),
    gradientCheckpointing: values['checkpointing'],
    attention: values['attention'],
    zeroStage: wholeNumber(values, 'zero'),
    gpus: wholeNumber(values, 'gpus'),
  };
}

function inferenceSetup(values: Values): Record<string, unknown> {
  return {
    precision: values['precision'],
    quantization: values['quantization'],
    contextLength: wholeNumber(values, 'sequence'),
    batch: wholeNumber(values, 'batch'),
    cacheDtype: values['cache'],
    merged: values['merged'],
    gpus: wholeNumber(values, 'gpus'),
  };
}

function wholeNumber(values: Values, key: string): number | undefined {
  const value = values[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !/^\d{1,9}$/.test(value))
    throw new UsageError(`--${key}: expected a whole number, got '${String(value)}'`);
  return Number(value);
}

interface Answers {
  readonly bytes: number;
  readonly fits: boolean;
  /** The largest value of each setting, with the others fixed. `null` if the method does not have the setting. */
  readonly largest: Readonly<Record<FitQuestion['vary'], Fit | null>>;
  readonly advice: readonly Advice[];
}

function solve(model: unknown, adapter: unknown, setup: unknown, bytes: number, taken: number): Answers {
  const ask = (vary: FitQuestion['vary']): Fit | null => {
    try {
      return largestThatFits(model, adapter, setup, { vary, bytes });
    } catch (error) {
      if (error instanceof BudgetError) return null;
      throw error;
    }
  };
  return {
    bytes,
    fits: taken <= bytes,
    largest: { rank: ask('rank'), microBatch: ask('microBatch'), sequenceLength: ask('sequenceLength') },
    advice: adviceFor(model, adapter, setup, bytes),
  };
}

function answerLines(model: NamedModel, { largest, advice, ...rest }: Answers): string[] {
  const names = { rank: 'rank', microBatch: 'micro-batch', sequenceLength: 'sequence length' } as const;
  const largestLines = (Object.keys(names) as (keyof typeof names)[]).flatMap((vary) => {
    const fit = largest[vary];
    if (fit === null) return [];
    return [`largest ${names[vary]}: ${fit.largest === null ? 'none fits' : formatCount(fit.largest)}`];
  });
  const steps = advice.map(
    ({ label, saves, bytes, fits }, index) =>
      `  ${index + 1}. ${label}: saves ${formatMemory(saves)}, then ${formatMemory(bytes)}${fits ? ', which fits' : ''}`,
  );
  const hopeless =
    !rest.fits && !advice.at(-1)?.fits ? ['  It still does not fit: use a smaller model or more GPUs.'] : [];
  return [
    verdict(model, rest),
    ...largestLines,
    ...(steps.length > 0 ? ['what to change, in order:', ...steps] : []),
    ...hopeless,
  ];
}

function verdict(model: NamedModel, { bytes, fits }: { readonly bytes: number; readonly fits: boolean }): string {
  return harmless(`${fits ? 'fits' : 'does not fit'} in ${formatMemory(bytes)}${standInNote(model)}`);
}

function nameOf({ title, standsInFor }: NamedModel): NamedModel {
  return { title, standsInFor };
}

function linesOf(
  model: NamedModel,
  { terms, totalBytes, deviceBytes, contextBytes, warnings }: MemoryEstimate,
  lines: readonly string[],
): string[] {
  const width = terms.reduce((max, { label }) => Math.max(max, label.length), 0);
  return [
    ...terms.map(
      ({ label, bytes, formula, note }) =>
        `${label.padEnd(width)}  ${formatMemory(bytes).padStart(10)}  ${formula}${note === undefined ? '' : ` (${note})`}`,
    ),
    `${'Total'.padEnd(width)}  ${formatMemory(totalBytes).padStart(10)}  on each GPU, as torch counts it${harmless(standInNote(model))}`,
    `${'nvidia-smi'.padEnd(width)}  ${formatMemory(deviceBytes).padStart(10)}  with a CUDA context of ${formatMemory(contextBytes)}`,
    '',
    ...lines,
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
}
