/** Counts a plan: parameters, memory on a GPU, targets, the config to paste, and a claim checked against it. */

import { checkClaim, linearKinds, parseClaim } from '../../budget/claim';
import type { KnownModel } from '../../budget/claim';
import { budgetOf, tableFor } from '../../budget/computeBudget';
import type { Budget } from '../../budget/computeBudget';
import type { RawConfig } from '../../peftConfig/configValues';
import { BudgetError, ConfigError } from '../../peftConfig/errors';
import { gpuBytes } from '../../budget/gpus';
import { estimateInferenceMemory } from '../../budget/memory/inference';
import { readTrainingSetup } from '../../budget/memory/setup';
import { adviceFor, largestThatFits } from '../../budget/memory/solver';
import { estimateTrainingMemory } from '../../budget/memory/training';
import type { ModuleTable } from '../../budget/moduleTable';
import type { Preset } from '../../budget/presets';
import { modelText, standInNote } from '../../text/modelText';
import { formatCount, formatMemory } from '../../text/numberText';
import { METHOD_KEYS } from '../../peftConfig/methodKeys';
import type { PlanFit, PlanInputs, PlanMemory, PlanProblem, PlanReport, TargetRow } from '../../protocol/plan';
import type { BudgetModel } from '../calculator/budgetReport';
import { INFERENCE_FIELDS, SETUP_FIELDS } from './planChoices';
import { methodFields, typedValues } from './planFields';
import { planTable, taskTypeOf } from './planModel';
import { pythonCode } from './pythonCode';
import { attempt, attemptOrError } from '../attempt';

const NOTHING = {
  problem: null,
  counts: null,
  warnings: [],
  targets: [],
  memory: null,
  memoryProblem: null,
  python: '',
  configText: '',
  claim: null,
};

/** The adapter_config.json of the inputs. A setting that was not typed has PEFT's default and is left out. */
export function planConfig({ peftType, values, targets }: PlanInputs, taskType: string | null): RawConfig {
  const fields = Object.hasOwn(METHOD_KEYS, peftType) ? methodFields(peftType) : [];
  const targeting = Object.hasOwn(METHOD_KEYS[peftType] ?? {}, 'target_modules');
  const chosen = targets.length === 1 && targets[0] === 'all-linear' ? 'all-linear' : [...targets];
  return {
    peft_type: peftType,
    ...(taskType !== null && { task_type: taskType }),
    ...typedValues(values, fields),
    ...(peftType === 'CPT' && contextOf(values)),
    ...(targeting && chosen.length > 0 ? { target_modules: chosen } : {}),
  };
}

/** The longest context that is written out in full. */
const MAX_CONTEXT = 4096;

/** CPT's context as that many tokens of index 0: PEFT counts the list of tokens and ignores num_virtual_tokens. */
function contextOf(values: PlanInputs['values']): RawConfig {
  const tokens = Number(values.find(([key]) => key === 'num_virtual_tokens')?.[1] ?? NaN);
  if (!Number.isInteger(tokens) || tokens < 1 || tokens > MAX_CONTEXT) return {};
  const all = (value: number): number[] => new Array<number>(tokens).fill(value);
  return { cpt_token_ids: all(0), cpt_mask: all(1), cpt_tokens_type_mask: all(1) };
}

/** Never throws for what a user can type: the report names the fault. */
export function planReport(inputs: PlanInputs, model: BudgetModel, known: readonly Preset[] = []): PlanReport {
  const named = { title: model.title, standsInFor: ('config' in model && model.standsInFor) || null };
  const names = { modelTitle: modelText(named), standIn: standInNote(named, ' · ') };
  if (!('config' in model)) return { ...NOTHING, ...names, problem: { message: messagesOf(model.errors), key: null } };
  const planned = attemptOrError(() => plannedOn(inputs, model.config));
  if (planned instanceof BudgetError) return { ...NOTHING, ...names, problem: problemOf(planned) };
  const { config, table } = planned;
  const counted = attemptOrError(() => budgetOf(table, config));
  const claim = parseClaim(inputs.claim);
  const shown = {
    ...names,
    targets: targetRows(table, counted instanceof BudgetError ? null : counted),
    python: attempt(() => pythonCode(config)) ?? '',
    configText: `${JSON.stringify(config, null, 2)}\n`,
    claim:
      inputs.claim.trim() === '' ? null : claim ? checkClaim(table, config, claim, () => knownModels(known)) : NO_CLAIM,
  };
  if (counted instanceof BudgetError) return { ...NOTHING, ...shown, problem: problemOf(counted) };
  const memory = attemptOrError(() => planMemory(table, config, inputs));
  const { trainable, all, percent, fileBytes, warnings } = counted;
  return {
    ...NOTHING,
    ...shown,
    counts: { trainable, all, percent, fileBytes },
    warnings,
    ...(memory instanceof BudgetError ? { memoryProblem: problemOf(memory) } : { memory }),
  };
}

const messagesOf = (errors: readonly { readonly message: string }[]): string =>
  errors.map(({ message }) => message).join(' ');

/** A nested key such as 'rank_pattern.q_proj' belongs to the field that holds the outer value. */
function problemOf(error: BudgetError): PlanProblem {
  return { message: error.message, key: error instanceof ConfigError ? (error.key.split('.')[0] ?? null) : null };
}

/** What a claim needs of each preset. Their tables would take a hundred times the memory. */
const summaries = new WeakMap<readonly Preset[], readonly KnownModel[]>();

/** Models that a claim may be about. */
function knownModels(presets: readonly Preset[]): readonly KnownModel[] {
  const known = summaries.get(presets);
  if (known) return known;
  const summary = presets.map(({ title, config }) => {
    const table = tableFor(config, null);
    return { title, parameters: table.parameters, kinds: linearKinds(table) };
  });
  summaries.set(presets, summary);
  return summary;
}

function plannedOn(inputs: PlanInputs, model: unknown): { readonly config: RawConfig; readonly table: ModuleTable } {
  const task = taskTypeOf(model);
  return { config: planConfig(inputs, task), table: planTable(model, task) };
}

/** Empty if the plan cannot be estimated: the report says why. */
export function planFit(inputs: PlanInputs, model: BudgetModel): PlanFit {
  return attempt(() => ('config' in model ? fitOf(inputs, model.config) : NO_FIT)) ?? NO_FIT;
}

const NO_FIT: PlanFit = { fits: [], advice: [] };

function fitOf(inputs: PlanInputs, model: unknown): PlanFit {
  const limit = inputs.gpu.trim() === '' ? null : gpuBytes(inputs.gpu);
  if (limit === null || inputs.purpose === 'inference') return NO_FIT;
  const { config, table } = plannedOn(inputs, model);
  const setup = readTrainingSetup(typedValues(inputs.setup, SETUP_FIELDS));
  const fits: string[] = [];
  for (const [vary, label] of [
    ['rank', 'rank'],
    ['microBatch', 'micro-batch'],
    ['sequenceLength', 'sequence length'],
  ] as const) {
    const fit = attempt(() => largestThatFits(table, config, setup, { vary, bytes: limit }));
    if (!fit || fit.largest === null) continue;
    fits.push(`${label} ${formatCount(fit.largest)}${fit.bounded ? ' (its bound)' : ''}`);
  }
  const advice = adviceFor(table, config, setup, limit).map(
    ({ label, saves, bytes, fits: enough }) =>
      `${label}: saves ${formatMemory(saves)}, leaves ${formatMemory(bytes)}${enough ? ', which fits' : ''}.`,
  );
  return { fits, advice };
}

const NO_CLAIM = { agrees: false, lines: ['No number of trainable parameters was found in the text.'] };

function planMemory(table: ModuleTable, config: RawConfig, inputs: PlanInputs): PlanMemory {
  const estimate =
    inputs.purpose === 'inference'
      ? { ...estimateInferenceMemory(table, config, typedValues(inputs.inference, INFERENCE_FIELDS)), phases: [] }
      : estimateTrainingMemory(table, config, typedValues(inputs.setup, SETUP_FIELDS));
  const { terms, deviceBytes, contextBytes, warnings, phases } = estimate;
  const context = {
    id: 'context',
    group: 'context',
    label: 'CUDA context',
    bytes: contextBytes,
    formula: 'Memory of the driver and the loaded kernels before the first tensor',
  };
  const shown = terms.map(({ id, group, label, bytes, formula, note }) => ({
    id,
    group,
    label,
    bytes,
    formula: note === undefined ? formula : `${formula}. ${note}`,
  }));
  return {
    terms: [...shown, context],
    deviceBytes,
    gpuBytes: inputs.gpu.trim() === '' ? null : gpuBytes(inputs.gpu),
    phases: phases.map(({ label, bytes }) => ({ label, bytes: bytes + contextBytes })),
    warnings,
  };
}

/** The modules that a method can adapt. A row holds the same module of all layers. */
function targetRows(table: ModuleTable, counted: Budget | null): TargetRow[] {
  const trained = new Map((counted?.modules ?? []).map(({ name, trainable }) => [name, trainable]));
  const rows = new Map<string, { -readonly [K in keyof TargetRow]: TargetRow[K] }>();
  for (const { name, kind, layer, inFeatures, outFeatures } of table.modules) {
    if (kind !== 'linear' && kind !== 'conv1d' && kind !== 'embedding' && kind !== 'conv') continue;
    const pattern = layer === null ? name : name.replace(`.${layer}.`, '.*.');
    let row = rows.get(pattern);
    if (!row)
      rows.set(pattern, (row = { pattern, end: '', modules: 0, inFeatures, outFeatures, adapted: 0, trainable: 0 }));
    row.modules++;
    const own = trained.get(name);
    if (own === undefined) continue;
    row.adapted++;
    row.trainable += own;
  }
  const patterns = [...rows.keys()];
  for (const row of rows.values()) row.end = endOf(row.pattern, patterns);
  return [...rows.values()];
}

/** GPT-2 has two `c_proj` in each layer: a longer suffix tells them apart. */
function endOf(pattern: string, all: readonly string[]): string {
  const parts = pattern
    .slice(pattern.lastIndexOf('*.') + 1)
    .replace(/^\./, '')
    .split('.');
  for (let taken = 1; taken <= parts.length; taken++) {
    const end = parts.slice(-taken).join('.');
    if (all.filter((each) => each === end || each.endsWith(`.${end}`)).length === 1) return end;
  }
  return parts.at(-1)!;
}
