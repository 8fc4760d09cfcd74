/**
 * Reads a LoRA's settings from an `adapter_config.json`, with PEFT's defaults for what it does not say.
 *
 * Left out, and refused by name rather than miscounted: targets given as a regular expression, target_parameters,
 * replicated layers, token indices, trained biases and the variants that change the count otherwise.
 */

import type { LoraOptions } from './adapterPlan';
import { architectureOf } from './architectures';
import type { RawConfig } from './config';
import { flag, isObject, MAX_WIDTH, readCount } from './config';
import { BudgetError, ConfigError } from './errors';
import type { ModuleTable } from './moduleTable';

/** PEFT's own default, since its first release. */
const DEFAULT_RANK = 8;

const UNCOUNTED = [
  'target_parameters',
  'layer_replication',
  'trainable_token_indices',
  'use_bdlora',
  'kasa_config',
  'megatron_config',
];

/** Throws `BudgetError` for a config whose parameters cannot be counted here. */
export function readLoraOptions(config: RawConfig, table: ModuleTable): LoraOptions {
  if (config['peft_type'] !== 'LORA') throw new ConfigError('peft_type', config['peft_type'], '"LORA"');
  for (const key of UNCOUNTED) {
    const value = own(config, key);
    if (value !== undefined && value !== null && value !== false)
      throw new BudgetError(`'${key}' changes the count in a way that is not covered`);
  }
  const bias = own(config, 'bias') ?? 'none';
  if (bias !== 'none') throw new ConfigError('bias', bias, '"none": trained biases are not counted');
  const exclude = nameList(config, 'exclude_modules');
  const layers = layerList(config);
  const pattern = own(config, 'layers_pattern');
  const layersPattern = typeof pattern === 'string' ? [pattern] : nameList(config, 'layers_pattern');
  return {
    rank: readCount(config, ['r'], MAX_WIDTH) ?? DEFAULT_RANK,
    targets: readTargets(config, table),
    rankPattern: readPattern(config, 'rank_pattern'),
    useDora: flag(config, 'use_dora', false),
    loraBias: flag(config, 'lora_bias', false),
    modulesToSave: [...(nameList(config, 'modules_to_save') ?? []), ...taskHeads(config)],
    ...(exclude && { exclude }),
    ...(layers && { layers }),
    ...(layersPattern && { layersPattern }),
  };
}

/** Pairs of a rank_pattern or alpha_pattern, in the file's order, which decides. */
export function readPattern(config: RawConfig, key: string): (readonly [string, number])[] {
  const value = own(config, key) ?? {};
  if (!isObject(value)) throw new ConfigError(key, value, 'an object of numbers');
  return Object.entries(value).map(([name, number]) => {
    if (typeof number !== 'number') throw new ConfigError(`${key}.${name}`, number, 'a number');
    return [name, number] as const;
  });
}

function readTargets(config: RawConfig, table: ModuleTable): readonly string[] | 'all-linear' {
  const value = own(config, 'target_modules');
  if (value === undefined || value === null) {
    const usual = architectureOf(table.shape.modelType)?.defaultTargets ?? [];
    if (usual.length === 0)
      throw new ConfigError('target_modules', value, `a list: PEFT has no default for ${table.shape.modelType}`);
    return usual;
  }
  if (typeof value === 'string') {
    if (value.toLowerCase() === 'all-linear') return 'all-linear';
    throw new ConfigError(
      'target_modules',
      value,
      'a list or "all-linear": regular expressions are Python\'s and are not evaluated',
    );
  }
  return nameList(config, 'target_modules') ?? [];
}

function taskHeads(config: RawConfig): string[] {
  const task = own(config, 'task_type');
  if (task === 'SEQ_CLS' || task === 'TOKEN_CLS') return ['classifier', 'score'];
  return task === 'QUESTION_ANS' ? ['qa_outputs'] : [];
}

function nameList(config: RawConfig, key: string): readonly string[] | null {
  const value = own(config, key);
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string'))
    throw new ConfigError(key, value, 'a list of names');
  return value;
}

function layerList(config: RawConfig): readonly number[] | null {
  const value = own(config, 'layers_to_transform');
  if (value === undefined || value === null) return null;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((entry) => Number.isInteger(entry)))
    throw new ConfigError('layers_to_transform', value, 'layer indices');
  return list as number[];
}

function own(config: RawConfig, key: string): unknown {
  return Object.hasOwn(config, key) ? config[key] : undefined;
}
