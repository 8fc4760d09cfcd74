/** Turns inputs and a model into all that the calculator and the comparison show. Pure: no editor, no files. */

import { valueBytes } from '../../budget/adapterPlan';
import { architectureOf } from '../../budget/architectures';
import { tableFor } from '../../budget/computeBudget';
import { isObject } from '../../peftConfig/configValues';
import { BudgetError } from '../../peftConfig/errors';
import { UnknownArchitectureError } from '../../budget/errors';
import type { ModelShape } from '../../budget/modelShape';
import { readModelShape } from '../../budget/readModelShape';
import type { ModuleTable } from '../../budget/moduleTable';
import { modelText, standInNote } from '../../text/modelText';
import { formatBytes, formatCount, formatTrainableShare } from '../../text/numberText';
import type { Setting } from '../../budget/settings';
import { METHOD_SETTINGS, parseSetting, SettingError } from '../../budget/settings';
import { selectModules } from '../../budget/targets';
import type {
  Basis,
  BudgetInputs,
  BudgetReport,
  Field,
  GrowthLine,
  MethodBudget,
  MethodField,
  TargetChoice,
} from '../../protocol/calculator';
import { METHOD_FIELDS } from '../../protocol/calculator';
import { attempt, attemptOrError } from '../attempt';
import type { Counted, Method } from './budgetMethods';
import { exactMethods, referenceFull, referenceMethods } from './budgetMethods';
import { NO_FIGURE } from './budgetText';

/** The model to count on: its parsed config, or the reasons why it has none. */
export type BudgetModel =
  | { readonly title: string; readonly standsInFor?: string | null; readonly config: unknown }
  | { readonly title: string; readonly errors: readonly { readonly field: Field; readonly message: string }[] };

/** A method at its current setting. `counted` is `null` if the setting is not valid. */
interface Evaluated {
  readonly method: Method;
  readonly setting: number | null;
  readonly counted: Counted | null;
  /** Why it is not counted, if it is not. */
  readonly problem: string;
}

interface Errors {
  readonly list: { field: Field; message: string }[];
  add(field: Field, message: string): void;
}

/** Never throws for what a user can type or a file can hold: the report names the fault. */
export function computeReport(inputs: BudgetInputs, model: BudgetModel): BudgetReport {
  const list: Errors['list'] = [];
  const errors: Errors = { list, add: (field, message) => void list.push({ field, message }) };
  const settings = readSettings(inputs, errors);
  const shape = readShape(model, errors);
  const table = shape && 'config' in model ? readTable(model.config, inputs, errors) : null;
  const targets = shape && inputs.basis === 'exact' ? chooseTargets(inputs, shape, table) : NO_TARGETS;
  const chosen = targets.choices.filter((choice) => choice.chosen).map(({ name }) => name);
  if (targets.choices.length > 0 && chosen.length === 0) errors.add('targets', 'Choose at least one module for LoRA.');

  const base = shape && wholeOf(shape, table, inputs);
  const methods = !shape
    ? []
    : inputs.basis === 'exact'
      ? exactMethods(shape, table, chosen)
      : referenceMethods(shape, table);
  const usable = methods.filter(({ id }) => id !== 'lora' || inputs.basis === 'reference' || chosen.length > 0);
  const named = { title: model.title, standsInFor: ('config' in model && model.standsInFor) || null };
  const counting = { basis: inputs.basis, note: standInNote(named, ' · ') };
  const evaluated = usable.map((method): Evaluated => {
    const setting = settings[method.field];
    const counted = setting === null ? null : attemptOrError(() => method.count(setting));
    return counted instanceof BudgetError
      ? { method, setting, counted: null, problem: counted.message }
      : { method, setting, counted, problem: `${METHOD_SETTINGS[method.field].label} is not valid` };
  });
  const rows = METHOD_ORDER.map(([id, label]) => {
    const found = evaluated.find(({ method }) => method.id === id);
    if (found) return budgetOf(found, base, counting);
    return { ...EMPTY, method: id, label, problem: missing(id, shape, table) };
  });
  return {
    modelTitle: modelText(named),
    modelSummary: shape ? summaryOf(shape) : '',
    basis: inputs.basis,
    shareTitle: inputs.basis === 'exact' ? 'Trainable %' : 'Of attention weights',
    shareNote: base?.note ?? '',
    methods: [fullBudget(base, counting), ...rows],
    growth: evaluated.flatMap((each) => attempt(() => growthOf(each)) ?? []),
    targetsKey: targets.key,
    targets: targets.choices,
    scaling: scalingOf(settings),
    errors: errors.list,
    warnings: inputs.basis === 'exact' ? (table?.warnings ?? []) : [],
  };
}

const METHOD_ORDER = [
  ['lora', 'LoRA'],
  ['adapters', 'Adapters'],
  ['prefix', 'Prefix tuning'],
  ['prompt', 'Prompt tuning'],
] as const;

const NO_TARGETS: { key: string; choices: TargetChoice[] } = { key: '', choices: [] };

const EMPTY: Omit<MethodBudget, 'method' | 'label'> = {
  detail: '',
  parameters: null,
  parametersText: NO_FIGURE,
  share: null,
  shareText: NO_FIGURE,
  fileBytes: null,
  fileText: NO_FIGURE,
  fileNote: '',
  formula: '',
  problem: '',
};

type Settings = Record<MethodField, number | null>;

function readSettings(inputs: BudgetInputs, errors: Errors): Settings {
  const read = (field: MethodField, setting: Setting): number | null => {
    try {
      return parseSetting(inputs.method[field], setting);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      errors.add(field, error.message);
      return null;
    }
  };
  const settings: Partial<Settings> = {};
  for (const field of METHOD_FIELDS) settings[field] = read(field, METHOD_SETTINGS[field]);
  return settings as Settings;
}

function readShape(model: BudgetModel, errors: Errors): ModelShape | null {
  if ('errors' in model) {
    for (const { field, message } of model.errors) errors.add(field, message);
    return null;
  }
  try {
    return readModelShape(model.config);
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    errors.add('model', error.message);
    return null;
  }
}

/** Tables by config, so that typing a rank does not build the table again. */
const tables = new WeakMap<object, ModuleTable>();

function readTable(config: unknown, { basis }: BudgetInputs, errors: Errors): ModuleTable | null {
  const key = isObject(config) ? config : {};
  const known = tables.get(key);
  if (known) return known;
  try {
    const table = tableFor(config, null);
    tables.set(key, table);
    return table;
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    const message =
      error instanceof UnknownArchitectureError
        ? `There is no module table for model_type '${error.modelType}'. ` +
          'LoRA and ratios need one; the reference formulas do not.'
        : error.message;
    if (basis === 'exact') errors.add('model', message);
    return null;
  }
}

function chooseTargets(inputs: BudgetInputs, shape: ModelShape, table: ModuleTable | null): typeof NO_TARGETS {
  const architecture = architectureOf(shape.modelType);
  if (!architecture || !table) return NO_TARGETS;
  const names = architecture.targets(shape);
  const key = architecture.modelTypes[0] ?? '';
  const kept = inputs.targets.find(([kind]) => kind === key)?.[1];
  const usual = architecture.defaultTargets.length > 0 ? architecture.defaultTargets : names.slice(0, 1);
  const choices = names.map((name) => {
    const modules = selectModules(table, { targets: [name], modulesToSave: table.taskHeads });
    // Most layers have the same shapes, so the description lists only distinct ones.
    const shapes = new Map(modules.map((module) => [`${module.inFeatures},${module.outFeatures}`, module]));
    const shapeTexts = [...shapes.values()].map(
      (module) => `${formatCount(module.inFeatures)} to ${formatCount(module.outFeatures)}`,
    );
    return {
      name,
      chosen: (kept ?? usual).includes(name),
      description: `${name}: ${formatCount(modules.length)} modules, ${shapeTexts.join(' and ')}`,
    };
  });
  return { key, choices };
}

/** What is trained without an adapter. */
interface Whole {
  readonly parameters: number;
  readonly detail: string;
  /** How shares of it are computed. */
  readonly note: string;
}

function wholeOf(shape: ModelShape, table: ModuleTable | null, { basis }: BudgetInputs): Whole | null {
  if (basis === 'reference') {
    const parameters = referenceFull(shape);
    const note = `Shares are relative to the ${formatCount(parameters)} attention weights, layers × 4 × hidden².`;
    return { parameters, note, detail: 'attention weights only' };
  }
  if (!table) return null;
  const { parameters } = table;
  const model = `${formatCount(parameters)} of the model`;
  const note = `Trainable % is PEFT's: the trained parameters divided by all, the ${model} and those of the adapter.`;
  return { parameters, note, detail: 'all parameters' };
}

interface Counting {
  readonly basis: Basis;
  /** Names a model that stands in for another one; '' otherwise. */
  readonly note: string;
}

function budgetOf(
  { method, counted, problem }: Evaluated,
  base: Whole | null,
  { basis, note }: Counting,
): MethodBudget {
  const row = { ...EMPTY, method: method.id, label: method.label, formula: method.formula };
  if (!counted) return { ...row, problem };
  const { parameters, all, detail, fileBytes: bytes, fileNote } = counted;
  const whole = basis === 'exact' ? all : (base?.parameters ?? null);
  const share = whole === null ? null : parameters / whole;
  return {
    ...row,
    detail: detail + note,
    parameters,
    parametersText: formatCount(parameters),
    share,
    shareText: share === null ? NO_FIGURE : formatTrainableShare(share),
    fileBytes: bytes,
    fileText: formatBytes(bytes),
    fileNote: `${formatCount(bytes)} bytes. ${fileNote}`,
  };
}

function fullBudget(base: Whole | null, { basis, note }: Counting): MethodBudget {
  const row = { ...EMPTY, method: 'full' as const, label: 'Full fine-tuning' };
  if (!base) return { ...row, problem: 'the total is unknown' };
  const bytes = valueBytes(base.parameters);
  return {
    ...row,
    detail: base.detail + note,
    parameters: base.parameters,
    parametersText: formatCount(base.parameters),
    share: 1,
    shareText: formatTrainableShare(1),
    fileBytes: bytes,
    fileText: formatBytes(bytes),
    fileNote: `${formatCount(bytes)} bytes. The float32 values alone, 4 bytes each.`,
    formula: basis === 'exact' ? 'every weight of the model, shared weights once' : 'L × 4 × d²',
  };
}

/** Two points determine the line, because every method is linear in its setting. */
function growthOf({ method, setting, counted }: Evaluated): GrowthLine {
  const from = setting ?? 1;
  const { parameters } = counted ?? method.count(from);
  const perUnit = method.count(from + 1).parameters - parameters;
  const constant = parameters - perUnit * from;
  return { method: method.id, label: method.label, variable: method.variable, constant, perUnit, current: setting };
}

function scalingOf({ rank, alpha }: Settings): string {
  if (rank === null || alpha === null) return '';
  return `scaling ${Number((alpha / rank).toPrecision(4))} = alpha / rank`;
}

function summaryOf(shape: ModelShape): string {
  const { modelType, numLayers, hiddenSize, numHeads, numKeyValueHeads } = shape;
  const heads = numKeyValueHeads === numHeads ? '' : ` (${formatCount(numKeyValueHeads)} key-value)`;
  return [
    modelType || 'no model_type',
    `${formatCount(numLayers)} layers`,
    `hidden ${formatCount(hiddenSize)}`,
    `${formatCount(numHeads)} heads${heads}`,
  ].join(', ');
}

function missing(method: string, shape: ModelShape | null, table: ModuleTable | null): string {
  if (!shape) return 'the model cannot be read';
  return method === 'lora' && !table ? 'the modules are unknown' : 'no target module chosen';
}
