/**
 * Counts what a PEFT config adds to a model, as PEFT 0.21 does with transformers 5: every tensor of the adapter, from
 * which the trained parameters, the total, the file and the rows by module follow.
 */

import { adaptionTypes, factsOf } from './architectures';
import type { Extra } from './adapterExtras';
import {
  checkTokens,
  isTied,
  tiedWithTargets,
  savedEmbeddings,
  tokenCount,
  tokenWidth,
  trainedBiases,
  trainedModules,
  trainedTokens,
} from './adapterExtras';
import { checkedSettings } from '../peftConfig/adapterRules';
import { AdapterSettings } from '../peftConfig/adapterSettings';
import { modulesToSave, readTargets, selectTargets, withContainers } from './adapterTargets';
import type { RawConfig } from '../peftConfig/configValues';
import { text } from '../peftConfig/configValues';
import { defaultTargetsOf } from './defaultTargets';
import { BudgetError, ConfigError } from '../peftConfig/errors';
import { TargetError, UnknownMethodError } from './errors';
import { fusedTargets } from './fusedExperts';
import { replicateLayers } from './layerReplication';
import type { Method, Part } from './methods/method';
import { asBase, trained } from './methods/method';
import { METHODS } from './methods/registry';
import type { Module, ModuleTable } from './moduleTable';
import { moduleTensors } from './moduleTable';
import { PROMPT_METHODS } from './promptMethods';
import type { Dtype, SavedTensor } from './safetensorsSize';
import { elements, tensorBytes } from './safetensorsSize';
import { shadowParts, shadowTargets } from './shadow';
import { adaptParameters } from './targetParameters';

export interface CountedModule {
  readonly name: string;
  /** Null for what has no rank. */
  readonly rank: number | null;
  readonly trainable: number;
}

interface AdapterCount {
  /** Trained parameters, those of heads trained whole and of biases included. */
  readonly trainable: number;
  /** Parameters that the model has more than before. */
  readonly added: number;
  readonly modules: readonly CountedModule[];
  /** Under their names in the saved file. */
  readonly tensors: readonly SavedTensor[];
  readonly warnings: readonly string[];
  /** What the memory model needs beside the counts. */
  readonly layout: AdapterLayout;
}

export interface AdapterLayout {
  /** Of the trained parameters, those that keep the base model's type: copies of its modules, and its biases. */
  readonly trainedAsBase: number;
  /** Bytes of what is in memory with the adapter and is not trained, in its own type; `frozenAsBase` are parameters. */
  readonly frozenBytes: number;
  readonly frozenAsBase: number;
  /** Modules that are trained whole, as copies. */
  readonly whole: readonly string[];
  /** The model that is adapted, whose layers may be replicated. */
  readonly model: ModuleTable;
}

const TUNER_PREFIX = 'base_model.model.';
const PROMPT_PREFIX = 'base_model.';

/** Throws a `BudgetError` for what PEFT would refuse and for what cannot be counted. */
export function countAdapter(model: ModuleTable, config: RawConfig): AdapterCount {
  const given = new AdapterSettings(config);
  const type = given.method;
  const { settings, ignored } = checkedSettings(given, type);
  const sheet = new Sheet(model);
  if (ignored.length > 0)
    sheet.warnings.push(`${type} does not have these keys, which PEFT leaves out: ${ignored.slice(0, 8).join(', ')}.`);
  const prompt = Object.hasOwn(PROMPT_METHODS, type) ? PROMPT_METHODS[type] : undefined;
  const method = Object.hasOwn(METHODS, type) ? METHODS[type] : undefined;
  if (prompt) {
    sheet.add('prompt_encoder', null, prompt(model.shape, settings), '');
    sheet.copy(trainedModules(model, modulesToSave(settings), false), PROMPT_PREFIX);
  } else if (method) countTuner(sheet, type, method, replicateLayers(model, settings), settings);
  else if (type === 'TRAINABLE_TOKENS') countTokens(sheet, model, settings);
  else if (type === 'ADAPTION_PROMPT') countAdaptionPrompt(sheet, model, settings);
  else if (type === 'SHADOW') countShadow(sheet, model, settings);
  else {
    if (type === '') throw new ConfigError('peft_type', settings.raw('peft_type'), 'the name of a PEFT method');
    throw new UnknownMethodError(`peft_type '${type.slice(0, 40)}' has no rule here`);
  }
  return sheet.total();
}

/** The type that transformers 5 loads the base in: what its config says. */
function baseDtype({ shape }: ModuleTable): Dtype {
  for (const config of [shape.whole, shape.config]) {
    const name = text(config, 'dtype') ?? text(config, 'torch_dtype');
    if (name === 'bfloat16') return 'BF16';
    if (name === 'float16') return 'F16';
    if (name !== null) return 'F32';
  }
  return 'F32';
}

/** Collects rows and tensors. */
class Sheet {
  readonly warnings: string[] = [];
  private readonly rows = new Map<string, CountedModule>();
  private readonly tensors = new Map<string, SavedTensor>();
  private trainable = 0;
  private added = 0;
  private trainedAsBase = 0;
  private frozenBytes = 0;
  private frozenAsBase = 0;
  private readonly whole: string[] = [];
  model: ModuleTable;

  readonly dtype: Dtype;

  constructor(model: ModuleTable) {
    this.model = model;
    this.dtype = baseDtype(model);
  }

  add(name: string, rank: number | null, parts: readonly Part[], prefix: string): void {
    let own = 0;
    for (const part of parts) {
      const size = elements(part.shape);
      const isTrained = part.role === 'trained' || (part.role === 'halfTrained' && this.dtype !== 'F32');
      if (isTrained) own += size;
      if (part.role !== 'buffer') this.added += size;
      if (part.dtype === 'base') {
        // Buffers in the base's type are the model's own weights, which the file has again.
        if (isTrained) this.trainedAsBase += size;
        else if (part.role !== 'buffer') this.frozenAsBase += size;
      } else if (!isTrained && !part.alias) this.frozenBytes += tensorBytes({ shape: part.shape, dtype: part.dtype });
      if (part.saved) {
        const dtype = part.dtype === 'base' ? this.dtype : part.dtype;
        this.tensors.set(prefix + part.name, { name: prefix + part.name, shape: part.shape, dtype });
      }
    }
    this.row(name, rank, own);
  }

  copy(extras: readonly Extra[], prefix: string): void {
    this.whole.push(...extras.map(({ module }) => module));
    addExtras(this, extras, prefix);
  }

  /** Parameters of the model itself that are trained. */
  train(name: string, parameters: number): void {
    this.trainedAsBase += parameters;
    this.row(name, null, parameters);
  }

  private row(name: string, rank: number | null, trainable: number): void {
    this.trainable += trainable;
    const before = this.rows.get(name);
    this.rows.set(name, { name, rank: before?.rank ?? rank, trainable: (before?.trainable ?? 0) + trainable });
  }

  total(): AdapterCount {
    return {
      trainable: this.trainable,
      added: this.added,
      modules: [...this.rows.values()],
      tensors: [...this.tensors.values()],
      warnings: this.warnings,
      layout: {
        trainedAsBase: this.trainedAsBase,
        frozenBytes: this.frozenBytes,
        frozenAsBase: this.frozenAsBase,
        whole: this.whole,
        model: this.model,
      },
    };
  }
}

function addExtras(sheet: Sheet, extras: readonly Extra[], prefix: string): void {
  for (const { module, parts } of extras) sheet.add(module, null, parts, prefix);
}

/** What LoRA on bare parameters cannot have; an initialisation from the weight neither. */
const UNFIT_FOR_PARAMETERS = [
  ...['use_dora', 'lora_bias', 'lora_dropout', 'fan_in_fan_out', 'velora_config', 'kasa_config'],
  ...['use_bdlora', 'arrow_config', 'monteclora_config', 'alora_invocation_tokens'],
];
const INIT_FROM_WEIGHT = /^(pissa|olora|corda|loftq|orthogonal|lora_ga|mica)/;

const OUTPUT_LAYER = /(^|\.)lm_head$/;

function countTuner(sheet: Sheet, type: string, method: Method, model: ModuleTable, settings: AdapterSettings): void {
  method.uncountable?.();
  sheet.model = model;
  const isLora = type === 'LORA';
  const fused = isLora ? fusedTargets(model, settings, settings.count('r')) : null;
  if (type === 'IA3') settings = withFeedForward(model, settings);
  const parameters = isLora ? (fused?.parameters ?? settings.names('target_parameters') ?? []) : [];
  const targeted = selectTargets(model, settings, type, method.accepts, fused);
  const tiedTargets = isLora ? tiedWithTargets(model, settings) : null;
  const modules = tiedTargets ? [...new Set([...targeted, ...tiedTargets])] : targeted;
  const adapted = new Set(modules.map(({ name }) => name));
  for (const module of modules) {
    const rank = method.rank?.(module, settings) ?? null;
    const parts = wholeParts(type, method, module, model, settings, modules);
    sheet.add(module.name, rank, parts, `${TUNER_PREFIX}${module.name}.`);
  }
  const rankOf = (name: string): number =>
    settings.pattern('rank_pattern').valueFor(name) ?? fused?.ranks.valueFor(name) ?? settings.count('r');
  const bare = adaptParameters(model, parameters, rankOf, adapted);
  if (parameters.length > 0 && bare.length === 0 && modules.length === 0)
    throw new TargetError(`target_parameters match no parameter of the model: ${parameters.slice(0, 8).join(', ')}`);
  if (bare.length > 0) {
    const unfit = UNFIT_FOR_PARAMETERS.find((key) => settings.present(key));
    const init = settings.text('init_lora_weights') ?? '';
    if (unfit) throw new BudgetError(`target_parameters cannot be combined with ${unfit}`);
    if (INIT_FROM_WEIGHT.test(init)) throw new BudgetError(`target_parameters cannot be initialised by '${init}'`);
  }
  for (const { name, rank, parts } of bare) sheet.add(name, rank, parts, TUNER_PREFIX);
  for (const part of method.shared?.(modules, settings) ?? []) sheet.add(part.name, null, [part], 'base_model.');

  const whole = trainedModules(model, modulesToSave(settings), settings.flag('ensure_weight_tying'));
  const twice = modules.find(({ name }) => whole.some(({ module }) => name === module));
  const wrapped = bare.find(({ name }) => whole.some(({ module }) => name.startsWith(`${module}.`)));
  if (wrapped) throw new TargetError(`'${wrapped.name}' is both adapted and trained whole`);
  if (twice) throw new TargetError(`'${twice.name}' is both adapted and trained whole`);
  sheet.copy(whole, TUNER_PREFIX);
  const tokens = trainedTokens(model, settings);
  const taken = tokens.find(({ module }) => adapted.has(module));
  if (taken) throw new TargetError(`'${taken.module}' is adapted, so that trainable_token_indices cannot apply to it`);
  addExtras(sheet, tokens, TUNER_PREFIX);
  for (const extra of trainedBiases(model, settings, adapted, whole)) {
    addExtras(sheet, [extra], TUNER_PREFIX);
    sheet.train(extra.module, extra.parameters);
  }
  if (settings.raw('trainable_token_indices') === null) {
    const named = fused?.modules ?? readTargets(model, settings, type) ?? [];
    // A tied output layer is no target of its own.
    const targets = tiedTargets && Array.isArray(named) ? named.filter((name) => !OUTPUT_LAYER.test(name)) : named;
    addExtras(sheet, savedEmbeddings(model, targets, adapted), TUNER_PREFIX);
  }
  sheet.warnings.push(...(method.warnings?.(settings) ?? []), ...tuningWarnings(model, settings, modules));
}

/** LN tuning copies modules that hold others too. */
function wholeParts(
  type: string,
  method: Method,
  module: Module,
  model: ModuleTable,
  settings: AdapterSettings,
  modules: readonly Module[],
): readonly Part[] {
  if (type !== 'LN_TUNING' || module.kind !== 'parameters') return method.parts(module, settings, modules);
  return model.modules
    .filter(({ name }) => name.startsWith(`${module.name}.`) || name === module.name)
    .flatMap(moduleTensors)
    .map(({ name, shape }) => asBase(trained(`ln_tuning_layers.${name.slice(module.name.length + 1)}`, ...shape)));
}

/** IA3's feed-forward modules have defaults of their own, and must be among the targets. */
function withFeedForward(model: ModuleTable, settings: AdapterSettings): AdapterSettings {
  if (settings.raw('feedforward_modules') !== null) return settings;
  const usual = defaultTargetsOf('IA3_FEEDFORWARD', model.shape.modelType);
  if (!usual) {
    if (settings.raw('target_modules') === null) return settings;
    throw new ConfigError('feedforward_modules', null, `a list: PEFT has no default for ${model.shape.modelType}`);
  }
  return new AdapterSettings({ ...settings.config, feedforward_modules: usual });
}

function tuningWarnings(model: ModuleTable, settings: AdapterSettings, modules: readonly Module[]): string[] {
  const messages: string[] = [];
  const targets = settings.namesOrPattern('target_modules');
  if (Array.isArray(targets)) {
    const idle = targets.filter(
      (target) => !modules.some(({ name }) => name === target || name.endsWith(`.${target}`)),
    );
    if (idle.length > 0 && modules.length > 0)
      messages.push(`Targets that match nothing: ${idle.slice(0, 8).join(', ')}.`);
  }
  if (isTied(model) && modules.some(({ name }) => name === model.inputEmbedding || name === model.outputEmbedding))
    messages.push('An embedding that shares its weight with the output layer is adapted; the other end is not.');
  return messages;
}

function countTokens(sheet: Sheet, model: ModuleTable, settings: AdapterSettings): void {
  const count = tokenCount('token_indices', settings.raw('token_indices') ?? []);
  const usual = lastName(model.inputEmbedding ?? 'embed_tokens');
  const target =
    settings.raw('target_modules') === null
      ? new AdapterSettings({ ...settings.config, target_modules: [usual] })
      : settings;
  const modules = selectTargets(model, target, 'TRAINABLE_TOKENS', ['embedding', 'linear'], null);
  for (const module of modules) {
    checkTokens('token_indices', settings.raw('token_indices'), module);
    const part = trained('trainable_tokens_delta', count, tokenWidth(module));
    sheet.add(module.name, null, [part], `${TUNER_PREFIX}${module.name}.`);
    // Modules that share the weight share the new values, and the file has them again.
    const sharing =
      module.name === model.inputEmbedding && isTied(model) ? model.modules.filter(({ tied }) => tied) : [];
    for (const { name } of sharing)
      sheet.add(module.name, null, [{ ...part, role: 'buffer' }], `${TUNER_PREFIX}${name}.`);
  }
}

function lastName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** LLaMA-Adapter (Zhang et al. 2023): a prompt and a gate in the attention of the last layers. */
function countAdaptionPrompt(sheet: Sheet, model: ModuleTable, settings: AdapterSettings): void {
  const { modelType, hiddenSize } = model.shape;
  const usual = factsOf(modelType).adaptionTarget;
  if (!usual) throw new BudgetError(`ADAPTION_PROMPT is for ${adaptionTypes().join(', ')}, not ${modelType}`);
  const target = settings.text('target_modules') ?? usual;
  const holders = withContainers(model).filter(({ name }) => name.endsWith(`.${target}`));
  const wanted = settings.count('adapter_layers');
  const length = settings.count('adapter_len');
  if (holders.length < wanted)
    throw new TargetError(`adapter_layers ${wanted} exceeds the ${holders.length} modules named '${target}'`);
  for (const { name } of holders.slice(-wanted)) {
    const parts = [trained('adaption_prompt', 1, length, hiddenSize), trained('adaption_gate', 1)];
    sheet.add(name, null, parts.map(asBase), `${TUNER_PREFIX}${name}.`);
  }
}

function countShadow(sheet: Sheet, model: ModuleTable, settings: AdapterSettings): void {
  const modules = shadowTargets(model, settings);
  const { perModule, backbone } = shadowParts(model, settings);
  for (const { name } of modules) sheet.add(name, settings.count('r'), perModule, `${TUNER_PREFIX}${name}.`);
  for (const { module, parts } of backbone) sheet.add(module, null, parts, 'base_model.');
  sheet.copy(trainedModules(model, modulesToSave(settings), false), TUNER_PREFIX);
}
