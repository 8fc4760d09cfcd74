/** A plan counted: parameters, memory on a GPU, targets, the config to paste, and a claim held against it. */

import { checkClaim, parseClaim } from '../../budget/claim';
import { budgetOf, tableFor } from '../../budget/computeBudget';
import type { Budget } from '../../budget/computeBudget';
import type { RawConfig } from '../../budget/config';
import { BudgetError } from '../../budget/errors';
import { gpuBytes } from '../../budget/gpus';
import { readTrainingSetup } from '../../budget/memory/setup';
import { adviceFor, largestThatFits } from '../../budget/memory/solver';
import { estimateTrainingMemory } from '../../budget/memory/training';
import type { ModuleTable } from '../../budget/moduleTable';
import { METHOD_KEYS } from '../../budget/peftConfig/methodKeys';
import type { PlanInputs, PlanMemory, PlanPoint, PlanReport, PlanSweep, TargetRow } from '../../protocol/plan';
import type { BudgetModel } from './budgetReport';
import { planChoices, SETUP_FIELDS, typedValues } from './planChoices';
import { pythonCode } from './pythonCode';

const NOTHING = { counts: null, warnings: [], targets: [], memory: null, memoryProblem: '', python: '', configText: '', claim: null };
/** The optimiser and the rest of a step need at least a rank; beyond these a sweep tells nothing new. */
const SWEPT_RANKS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 2 : 1)} GB`;

/** The adapter_config.json that the inputs stand for: what was not typed has PEFT's default and is left out. */
export function planConfig({ peftType, values, targets }: PlanInputs): RawConfig {
  const fields = planChoices().methods.find((method) => method.peftType === peftType)?.fields ?? [];
  const targeting = Object.hasOwn(METHOD_KEYS[peftType] ?? {}, 'target_modules');
  const chosen = targets.length === 1 && targets[0] === 'all-linear' ? 'all-linear' : [...targets];
  return {
    peft_type: peftType,
    task_type: 'CAUSAL_LM',
    ...typedValues(values, fields),
    ...(targeting && chosen.length > 0 ? { target_modules: chosen } : {}),
  };
}

/** Never throws for what can be typed: what is wrong is in the report. */
export function planReport(inputs: PlanInputs, model: BudgetModel): PlanReport {
  const modelTitle = model.title;
  if (!('config' in model)) return { ...NOTHING, modelTitle, problem: model.errors.map(({ message }) => message).join(' ') };
  const config = planConfig(inputs);
  const table = attempt(() => tableFor(model.config, config));
  if (typeof table === 'string') return { ...NOTHING, modelTitle, problem: table };
  const counted = attempt(() => budgetOf(table, config));
  const claim = parseClaim(inputs.claim);
  const shown = {
    modelTitle,
    targets: targetRows(table, typeof counted === 'string' ? null : counted),
    python: codeOf(config),
    configText: `${JSON.stringify(config, null, 2)}\n`,
    claim: inputs.claim.trim() === '' ? null : claim ? checkClaim(table, config, claim) : NO_CLAIM,
  };
  if (typeof counted === 'string') return { ...NOTHING, ...shown, problem: counted };
  const memory = attempt(() => planMemory(table, config, inputs));
  const { trainable, all, percent, fileBytes, warnings } = counted;
  return {
    ...shown,
    problem: '',
    counts: { trainable, all, percent, fileBytes },
    warnings,
    memory: typeof memory === 'string' ? null : memory,
    memoryProblem: typeof memory === 'string' ? memory : '',
  };
}

/** '' for what no constructor takes. */
function codeOf(config: RawConfig): string {
  try {
    return pythonCode(config);
  } catch (error) {
    if (error instanceof BudgetError) return '';
    throw error;
  }
}

const NO_CLAIM = { agrees: false, lines: ['No number of trainable parameters was found in the text.'] };

/** What it returns, or the message of the typed error it throws. */
function attempt<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof BudgetError) return error.message;
    throw error;
  }
}

function planMemory(table: ModuleTable, config: RawConfig, { setup: typed, gpu }: PlanInputs): PlanMemory {
  const setup = readTrainingSetup(typedValues(typed, SETUP_FIELDS));
  const { terms, deviceBytes, contextBytes, warnings } = estimateTrainingMemory(table, config, setup);
  const limit = gpu.trim() === '' ? null : gpuBytes(gpu);
  const context = { id: 'context', group: 'context', label: 'CUDA context', bytes: contextBytes, formula: 'What the driver and the loaded kernels take before the first tensor' };
  const all = [...terms.map(({ id, group, label, bytes, formula }) => ({ id, group, label, bytes, formula })), context];
  const fits: string[] = [];
  if (limit !== null) {
    for (const [vary, label] of [['rank', 'rank'], ['microBatch', 'micro-batch'], ['sequenceLength', 'sequence length']] as const) {
      const fit = attempt(() => largestThatFits(table, config, setup, { vary, bytes: limit }));
      if (typeof fit === 'string' || fit.largest === null) continue;
      fits.push(`${label} ${fit.largest.toLocaleString('en-US')}${fit.bounded ? ' (its bound)' : ''}`);
    }
  }
  const steps = limit === null || deviceBytes <= limit ? [] : adviceFor(table, config, setup, limit);
  const advice = steps.map(({ label, saves, bytes, fits: enough }) => `${label}: saves ${gigabytes(saves)}, leaves ${gigabytes(bytes)}${enough ? ', which fits' : ''}.`);
  return { terms: all, deviceBytes, gpuBytes: limit, warnings, fits, advice };
}

/** Modules that a method could adapt, those of all layers in one row. */
function targetRows(table: ModuleTable, counted: Budget | null): TargetRow[] {
  const trained = new Map((counted?.modules ?? []).map(({ name, trainable }) => [name, trainable]));
  const rows = new Map<string, { -readonly [K in keyof TargetRow]: TargetRow[K] }>();
  for (const { name, kind, layer, inFeatures, outFeatures } of table.modules) {
    if (kind !== 'linear' && kind !== 'conv1d' && kind !== 'embedding' && kind !== 'conv') continue;
    const pattern = layer === null ? name : name.replace(new RegExp(`\\.${layer}(?=\\.)`), '.*');
    let row = rows.get(pattern);
    if (!row) rows.set(pattern, (row = { pattern, end: name.split('.').at(-1)!, modules: 0, inFeatures, outFeatures, adapted: 0, trainable: 0 }));
    row.modules++;
    const own = trained.get(name);
    if (own === undefined) continue;
    row.adapted++;
    row.trainable += own;
  }
  return [...rows.values()];
}

/** One point for each method that can be counted on the model with its defaults, and ranks of the one that is planned. */
export function planSweep(inputs: PlanInputs, model: BudgetModel): PlanSweep {
  if (!('config' in model)) return { methods: [], ranks: [] };
  const point = (label: string, rank: number | null, config: RawConfig | null): PlanPoint[] => {
    const made = attempt(() => {
      const table = tableFor(model.config, config);
      const setup = readTrainingSetup(typedValues(inputs.setup, SETUP_FIELDS));
      const { trainable, deviceBytes } = estimateTrainingMemory(table, config, setup);
      return { label, rank, trainable, bytes: deviceBytes };
    });
    return typeof made === 'string' ? [] : [made];
  };
  const methods = Object.entries(METHOD_KEYS).flatMap(([peftType, defaults]) => {
    const values: [string, string][] = Object.hasOwn(defaults, 'num_virtual_tokens') ? [['num_virtual_tokens', '20']] : [];
    return point(peftType, null, planConfig({ ...inputs, peftType, values, targets: [] }));
  });
  const key = Object.hasOwn(METHOD_KEYS[inputs.peftType] ?? {}, 'init_r') ? 'init_r' : 'r';
  const ranked = Object.hasOwn(METHOD_KEYS[inputs.peftType] ?? {}, key);
  const ranks = !ranked ? [] : SWEPT_RANKS.flatMap((rank) => point(`${key} = ${rank}`, rank, { ...planConfig(inputs), [key]: rank }));
  return { methods: [...methods, ...point('Full fine-tuning', null, null)], ranks };
}

