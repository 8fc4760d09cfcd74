/**
 * A tolerant reader of adapter_config.json. It takes what it understands, leaves the rest alone, and reports a
 * contradiction as a problem. Missing keys take PEFT's defaults.
 */

import { isObject } from './configValues';
import { PatternError } from './errors';
import { JsonError, parseJson } from './parseJson';
import { compilePatternKey } from './patternList';
import type { Problem } from './problem';
import { StepBudget } from './pythonPattern';
import { quoted } from './quoted';
import { LORA_ALPHA, LORA_RANK } from './scalingDefaults';

/** A config takes a few kilobytes; a file larger than this is not a config. */
export const MAX_CONFIG_BYTES = 10 * 2 ** 20;
/** Characters of a value that a row of the summary shows. */
const SHOWN_TEXT_LENGTH = 300;

/** A value for the modules that match a key of rank_pattern or alpha_pattern. */
export interface PatternValue {
  readonly key: string;
  readonly value: number;
  readonly matches: (module: string) => boolean;
}

export interface AdapterConfig {
  /** Upper case; `null` if the file has no peft_type, as with MLX, AdapterHub and other libraries. */
  readonly peftType: string | null;
  readonly rank: number;
  readonly alpha: number;
  /** Keys that the file lacks and that have PEFT's default instead. */
  readonly defaulted: ReadonlySet<'r' | 'lora_alpha'>;
  readonly useRslora: boolean;
  readonly useDora: boolean;
  readonly fanInFanOut: boolean;
  /** The first matching key in the order of the file decides. */
  readonly rankPattern: readonly PatternValue[];
  readonly alphaPattern: readonly PatternValue[];
  /** True if the adapter also targets parameters (experts), not only modules. */
  readonly targetsParameters: boolean;
  /** The scaling itself, which MLX keeps as lora_parameters.scale. */
  readonly mlxScale: number | null;
  /** The unchecked value of any key as the file has it; `undefined` if the key is missing. */
  readonly get: (key: string) => unknown;
  readonly prompt: PromptConfig;
  /** Label and text of each row of the summary, the most informative first. */
  readonly rows: readonly (readonly [string, string])[];
  readonly problems: readonly Problem[];
}

/** The settings of prompt and prefix tuning; `null` if the key is missing or not a positive integer. */
export interface PromptConfig {
  readonly numVirtualTokens: number | null;
  readonly numLayers: number | null;
  readonly numAttentionHeads: number | null;
  readonly tokenDim: number | null;
  readonly numTransformerSubmodules: number | null;
}

/** The rows of the summary in their order. Keys that are missing, null, false or empty get no row. */
const SHOWN_KEYS: readonly (readonly [string, string])[] = [
  ['peft_type', 'Method'],
  ['fine_tune_type', 'Method'],
  ['base_model_name_or_path', 'Base model'],
  ['model', 'Base model'],
  ['model_name', 'Base model'],
  ['config', 'Adapter'],
  ['task_type', 'Task'],
  ['r', 'Rank r'],
  ['lora_alpha', 'Alpha'],
  ['alpha', 'Alpha'],
  ['init_r', 'Initial rank'],
  ['target_r', 'Target rank'],
  ['use_rslora', 'rsLoRA'],
  ['use_dora', 'DoRA'],
  ['target_modules', 'Target modules'],
  ['target_parameters', 'Target parameters'],
  ['feedforward_modules', 'Feed-forward modules'],
  ['exclude_modules', 'Excluded modules'],
  ['modules_to_save', 'Saved modules'],
  ['rank_pattern', 'Rank pattern'],
  ['alpha_pattern', 'Alpha pattern'],
  ['layers_to_transform', 'Layers'],
  ['lora_parameters', 'LoRA parameters'],
  ['num_virtual_tokens', 'Virtual tokens'],
  ['token_dim', 'Token dimension'],
  ['num_layers', 'Layers'],
  ['num_attention_heads', 'Attention heads'],
  ['num_transformer_submodules', 'Transformer submodules'],
  ['prompt_tuning_init', 'Prompt initialised'],
  ['prefix_projection', 'Prefix projection'],
  ['lora_dropout', 'Dropout'],
  ['bias', 'Bias'],
  ['fan_in_fan_out', 'Weights stored (in, out)'],
  ['init_lora_weights', 'Initialised'],
  ['peft_version', 'PEFT version'],
];

/** Throws `JsonError` if the text is not a JSON object. A value that cannot be used is reported as a problem. */
export function parseAdapterConfig(text: string): AdapterConfig {
  const object = parseJson(text);
  if (!isObject(object)) throw new JsonError('it is not a JSON object');
  const problems: Problem[] = [];
  const get = (key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);
  const peftType = get('peft_type');
  const rank = positiveInteger(get('r'));
  const alpha = finite(get('lora_alpha'));
  const defaulted = new Set<'r' | 'lora_alpha'>();
  if (rank === null) defaulted.add('r');
  if (alpha === null) defaulted.add('lora_alpha');
  for (const [key, value, expected] of [
    ['r', rank, 'positive integer'],
    ['lora_alpha', alpha, 'number'],
  ] as const) {
    if (value !== null || get(key) === undefined || get(key) === null) continue;
    // OFT uses its block size instead of a rank if r = 0.
    if (key === 'r' && peftType === 'OFT' && get('r') === 0) continue;
    problems.push({
      severity: 'warning',
      message: `adapter_config.json: '${key}' is ${shown(get(key))}, expected a ${expected}`,
    });
  }
  const mlx = get('lora_parameters');
  const budget = new StepBudget();
  return {
    peftType: typeof peftType === 'string' ? peftType.toUpperCase() : null,
    rank: rank ?? LORA_RANK,
    alpha: alpha ?? LORA_ALPHA,
    defaulted,
    useRslora: get('use_rslora') === true,
    useDora: get('use_dora') === true,
    fanInFanOut: get('fan_in_fan_out') === true,
    rankPattern: readPatterns('rank_pattern', get('rank_pattern'), budget, problems),
    alphaPattern: readPatterns('alpha_pattern', get('alpha_pattern'), budget, problems),
    targetsParameters: hasEntries(get('target_parameters')),
    mlxScale: isObject(mlx) ? finite(mlx['scale']) : null,
    get,
    prompt: {
      numVirtualTokens: positiveInteger(get('num_virtual_tokens')),
      numLayers: positiveInteger(get('num_layers')),
      numAttentionHeads: positiveInteger(get('num_attention_heads')),
      tokenDim: positiveInteger(get('token_dim')),
      numTransformerSubmodules: positiveInteger(get('num_transformer_submodules')),
    },
    rows: SHOWN_KEYS.flatMap(([key, label]) => (isTelling(get(key)) ? [[label, shown(get(key))] as const] : [])),
    problems,
  };
}

/** The strings of a list, or the one string; other values are dropped. */
export function stringList(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((entry): entry is string => typeof entry === 'string');
}

/** True for MLX's full fine-tuning, which saves the last layers whole in the file that would hold the adapter. */
export function isTrainedWhole(config: AdapterConfig | null): boolean {
  return config?.get('fine_tune_type') === 'full';
}

/** AdaLoRA also calls a map of booleans `rank_pattern`; only numbers are ranks. */
function readPatterns(field: string, value: unknown, budget: StepBudget, problems: Problem[]): PatternValue[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, entry]) => {
    const number = field === 'rank_pattern' ? positiveInteger(entry) : finite(entry);
    if (number === null) return [];
    const report = ({ reason }: PatternError): void => {
      const message = `adapter_config.json: ${field} ${quoted(key)} is ignored because it cannot be matched: ${reason}`;
      problems.push({ severity: 'warning', message });
    };
    const matches = tolerantMatcher(key, budget, report);
    return matches ? [{ key, value: number, matches }] : [];
  });
}

/**
 * Compiles a key. A key that takes too long, or meets a name that is too long, matches nothing; `report` receives the
 * first error. `null` if the key cannot be compiled.
 */
function tolerantMatcher(
  key: string,
  budget: StepBudget,
  report: (error: PatternError) => void,
): ((module: string) => boolean) | null {
  let reported = false;
  const attempt = <T>(action: () => T): T | null => {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      if (!reported) report(error);
      reported = true;
      return null;
    }
  };
  const matches = attempt(() => compilePatternKey(key, budget));
  return matches && ((module) => attempt(() => matches(module)) ?? false);
}

export function positiveInteger(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null;
}

export function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function hasEntries(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isObject(value) ? Object.keys(value).length > 0 : false;
}

function isTelling(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return typeof value === 'object' ? hasEntries(value) : true;
}

function shown(value: unknown): string {
  const parts = Array.isArray(value)
    ? value.map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
    : null;
  const text = parts?.join(', ') ?? (typeof value === 'string' ? value : JSON.stringify(value));
  return text.length > SHOWN_TEXT_LENGTH ? `${text.slice(0, SHOWN_TEXT_LENGTH)}…` : text;
}
