/** The budget for a config.json and an adapter_config.json: counts, file size, rows by module, warnings. */

import { AdapterSettings } from '../peftConfig/adapterSettings';
import { factsOf } from './architectures';
import type { AdapterCount, CountedModule } from './sheet';
import { countAdapter } from './adapterCount';
import type { RawConfig } from '../peftConfig/configValues';
import { isObject, text } from '../peftConfig/configValues';
import { ConfigError } from '../peftConfig/errors';
import { inOneMatching } from '../peftConfig/matching';
import type { ModelShape } from './modelShape';
import { hasModuleTable, readModelShape } from './readModelShape';
import type { ModuleTable } from './moduleTable';
import { buildModuleTable } from './moduleTable';
import { safetensorsBytes } from './safetensorsSize';
import type { NamedShape } from './rows';
import { tableFromCheckpoint } from './checkpointTable';
import { withSizesOf } from './weightsTable';

export interface Budget {
  readonly trainable: number;
  /** Parameters of the model with its adapter. Shared weights count once. */
  readonly all: number;
  /** 100 * trainable / all. */
  readonly percent: number;
  /** Bytes of adapter_model.safetensors. */
  readonly fileBytes: number;
  /** The trained parameters by module. */
  readonly modules: readonly CountedModule[];
  readonly warnings: readonly string[];
  /** True if only the language model of a multimodal model is counted: the figures lack the rest. */
  readonly partial?: true;
}

export interface BudgetOptions {
  /** Names and shapes from the header of the model's checkpoint. They replace the architecture's table. */
  readonly tensors?: readonly NamedShape[];
}

/**
 * Counts as PEFT 0.21 with transformers 5 does. Both configs are parsed JSON and may hold anything.
 *
 * Throws a `BudgetError`: `ConfigError` for a value that cannot be used, `UnknownArchitectureError`, `TargetError`
 * for targets that match nothing or a module that the method cannot adapt, `PatternError`, `NeedsWeightsError` for
 * methods whose count depends on the weights, `UnknownMethodError`.
 */
export function computeBudget(modelConfig: unknown, adapterConfig: unknown, options: BudgetOptions = {}): Budget {
  if (!isObject(adapterConfig)) throw new ConfigError('(the adapter config)', adapterConfig, 'a JSON object');
  const { table, warnings } = adapterTable(modelConfig, adapterConfig, options);
  return budgetOf(table, adapterConfig, warnings);
}

/** The model as the adapter's task loads it. Throws what `computeBudget` throws for the model. */
export function adapterTable(
  modelConfig: unknown,
  adapterConfig: RawConfig,
  { tensors }: BudgetOptions = {},
): { readonly table: ModuleTable; readonly warnings: readonly string[] } {
  if (!isObject(modelConfig)) throw new ConfigError('(the model config)', modelConfig, 'a JSON object');
  const { className, warning } = classForTask(modelConfig, new AdapterSettings(adapterConfig));
  const config = className === null ? modelConfig : { ...modelConfig, architectures: [className] };
  const shape = readModelShape(tensors && !hasModuleTable(config) ? withSizesOf(config, tensors) : config);
  const table = tensors ? tableFromCheckpoint(shape, tensors) : buildModuleTable(shape);
  return { table, warnings: warning === null ? [] : [warning] };
}

/** The module table of a parsed config.json as the adapter's task loads it. A module table is returned unchanged. */
export function tableFor(model: unknown, adapterConfig: RawConfig | null, options: BudgetOptions = {}): ModuleTable {
  if (isObject(model) && isModuleTable(model)) return model;
  return adapterTable(model, adapterConfig ?? {}, options).table;
}

function isModuleTable(model: object): model is ModuleTable {
  return 'modules' in model && Array.isArray(model.modules) && 'shape' in model && isObject(model.shape);
}

export function budgetOf(table: ModuleTable, adapterConfig: RawConfig, before: readonly string[] = []): Budget {
  return inOneMatching((matching) => {
    const count = countAdapter(table, adapterConfig);
    const unmatched = matching.problems.map((problem) => `Not every pattern is matched: ${problem}.`);
    return asBudget(count, [...before, ...table.warnings, ...versionWarnings(table.shape), ...unmatched]);
  });
}

function asBudget(count: AdapterCount, warnings: readonly string[]): Budget {
  const all = count.layout.model.parameters + count.added;
  return {
    trainable: count.trainable,
    all,
    percent: (100 * count.trainable) / all,
    fileBytes: safetensorsBytes(count.tensors),
    modules: count.modules,
    warnings: [...warnings, ...count.warnings],
    ...(count.layout.model.shape.textPartOnly && { partial: true }),
  };
}

/** Suffix of the name of the class that each task loads. */
const TASK_CLASSES: Readonly<Record<string, string>> = {
  SEQ_CLS: 'ForSequenceClassification',
  TOKEN_CLS: 'ForTokenClassification',
  QUESTION_ANS: 'ForQuestionAnswering',
};

/** A base model's config names the class that it was trained as. A task may load a class with another head. */
function classForTask(
  model: RawConfig,
  adapter: AdapterSettings,
): { className: string | null; warning: string | null } {
  const task = adapter.text('task_type') ?? '';
  const end = Object.hasOwn(TASK_CLASSES, task) ? TASK_CLASSES[task] : undefined;
  const list = model['architectures'];
  const named = Array.isArray(list) && typeof list[0] === 'string' ? list[0] : null;
  if (!end || (named !== null && /For(Sequence|Token|Image|Audio)Classification$|ForQuestionAnswering$/.test(named)))
    return { className: null, warning: null };
  const stem = (named ?? 'Model').replace(/(For[A-Z]\w*|LMHeadModel|EncoderModel|Model)$/, '');
  return {
    className: stem + end,
    warning: `The count is for ${stem + end}, which task_type ${task} loads; the config names ${named ?? 'no class'}.`,
  };
}

/** Sentences about modules that transformers 4 counts or names differently. */
function versionWarnings(shape: ModelShape): string[] {
  const note = factsOf(shape.modelType).versionNote?.(shape) ?? null;
  if (note !== null) return [note];
  const hasExperts = EXPERT_COUNTS.some((key) => text(shape.config, key) ?? typeof shape.config[key] === 'number');
  if (!hasExperts) return [];
  return [
    'Experts are fused tensors in transformers 5, and target_parameters adapts them; in version 4 they are linears.',
  ];
}

const EXPERT_COUNTS = ['num_local_experts', 'num_experts', 'n_routed_experts'];
