/**
 * A tolerant reader of adapter_config.json. It takes what it understands, leaves the rest alone, and reports a
 * contradiction as a problem. Missing keys take PEFT's defaults.
 */

import { isObject } from './configValues';
import { PatternError } from './errors';
import { comparedEntries, MAX_ENTRY_LENGTH, oversizedKeys } from './entryLimits';
import { Matching } from './matching';
import { JsonError, parseJson } from './parseJson';
import { compilePatternKey } from './patternList';
import type { Problem } from './problem';
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
  /** The budget and the results of both patterns. */
  readonly matching: Matching;
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
  for (const { key, got, expected } of oversizedKeys(object)) {
    const message = `adapter_config.json: ${key} has ${got}, expected ${expected}; the rest is ignored`;
    problems.push({ severity: 'warning', message });
  }
  const mlx = get('lora_parameters');
  const matching = new Matching();
  return {
    peftType: typeof peftType === 'string' ? peftType.toUpperCase() : null,
    rank: rank ?? LORA_RANK,
    alpha: alpha ?? LORA_ALPHA,
    defaulted,
    useRslora: get('use_rslora') === true,
    useDora: get('use_dora') === true,
    fanInFanOut: get('fan_in_fan_out') === true,
    rankPattern: readPatterns('rank_pattern', get('rank_pattern'), matching, problems),
    alphaPattern: readPatterns('alpha_pattern', get('alpha_pattern'), matching, problems),
    matching,
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

/** The names under a key that are compared with modules. Those beyond the limits are left out. */
export function comparedNames(config: AdapterConfig | null, key: string): readonly string[] {
  const names = comparedEntries(key, stringList(config?.get(key)));
  return names.filter(({ length }) => length <= MAX_ENTRY_LENGTH);
}

/** True for MLX's full fine-tuning, which saves the last layers whole in the file that would hold the adapter. */
export function isTrainedWhole(config: AdapterConfig | null): boolean {
  return config?.get('fine_tune_type') === 'full';
}

/** AdaLoRA also calls a map of booleans `rank_pattern`; only numbers are ranks. */
function readPatterns(field: string, value: unknown, matching: Matching, problems: Problem[]): PatternValue[] {
  if (!isObject(value)) return [];
  const warn = (message: string): void =>
    void problems.push({ severity: 'warning', message: `adapter_config.json: ${message}` });
  const numbers = Object.entries(value).flatMap(([key, entry]): [string, number][] => {
    const number = field === 'rank_pattern' ? positiveInteger(entry) : finite(entry);
    return number === null ? [] : [[key, number]];
  });
  return matching.run(() =>
    comparedEntries(field, numbers).flatMap(([key, number]) => {
      try {
        return [{ key, value: number, matches: compilePatternKey(key) }];
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        warn(`${field} ${quoted(key)} is ignored because it cannot be matched: ${error.reason}`);
        return [];
      }
    }),
  );
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
  // JSON has no word for NaN and infinities.
  const one = (part: unknown): string =>
    typeof part === 'string' || typeof part === 'number' ? String(part) : JSON.stringify(part);
  const text = Array.isArray(value) ? value.map(one).join(', ') : one(value);
  return text.length > SHOWN_TEXT_LENGTH ? `${text.slice(0, SHOWN_TEXT_LENGTH)}…` : text;
}
