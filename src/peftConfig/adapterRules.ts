/**
 * What PEFT's config classes do to a config before they see a model: they drop keys that the method does not have, and
 * refuse combinations that cannot work.
 *
 * Source: the `__post_init__` of the config classes of huggingface/peft 0.21.
 */

import { AdapterSettings } from './adapterSettings';
import { BudgetError, ConfigError } from './errors';
import { COMMON_KEYS } from './commonKeys';
import { METHOD_KEYS } from './methodKeys';

/** These methods refuse a choice of layers together with a pattern; the others ignore the choice. */
const NO_LAYERS_WITH_PATTERN = words(
  'LORA ADALORA C3A DEFT DELORA FOURIERFT HIRA HRA MISS BONE PSOFT SHADOW UNILORA WAVEFT',
);
/** These methods ignore a layers_pattern without layers_to_transform; the others refuse it. */
const LONE_LAYERS_PATTERN = words('C3A GRALORA HIRA MISS BONE RANDLORA UNILORA');

/** Tasks with a new head, which only a config with modules_to_save can train. */
const HEAD_TASKS = words('TOKEN_CLS QUESTION_ANS');

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/**
 * The settings that the method has, and the names of the ignored ones. Throws `BudgetError` for a config that PEFT
 * refuses.
 */
export function checkedSettings(
  settings: AdapterSettings,
  type: string,
): { readonly settings: AdapterSettings; readonly ignored: readonly string[] } {
  const keys = Object.hasOwn(METHOD_KEYS, type) ? METHOD_KEYS[type] : undefined;
  if (!keys) return { settings, ignored: [] };
  const known = (key: string): boolean => Object.hasOwn(keys, key) || Object.hasOwn(COMMON_KEYS, key);
  const given = Object.keys(settings.config);
  const kept = new AdapterSettings(
    Object.fromEntries(given.filter(known).map((key) => [key, settings.config[key]] as const)),
  );
  checkLayers(kept, type);
  if (HEAD_TASKS.has(settings.text('task_type') ?? '') && !Object.hasOwn(keys, 'modules_to_save'))
    throw new BudgetError(`${type} cannot train the head that task_type ${settings.text('task_type')} adds`);
  if (Object.hasOwn(CHECKS, type)) CHECKS[type]?.(kept);
  return { settings: kept, ignored: given.filter((key) => !known(key) && settings.present(key)) };
}

function checkLayers(settings: AdapterSettings, type: string): void {
  const layers = settings.raw('layers_to_transform');
  const pattern = settings.raw('layers_pattern');
  const isPattern = settings.text('target_modules') !== null;
  const anyPattern = type === 'DELORA' ? settings.present('layers_pattern') : pattern !== null;
  if (isPattern && NO_LAYERS_WITH_PATTERN.has(type) && (layers !== null || anyPattern))
    throw new BudgetError('layers_to_transform and layers_pattern need target_modules as a list');
  if (settings.present('layers_pattern') && layers === null && !LONE_LAYERS_PATTERN.has(type))
    throw new BudgetError('layers_pattern needs layers_to_transform');
}

const CHECKS: Readonly<Record<string, (settings: AdapterSettings) => void>> = {
  LORA: (settings) => {
    if (settings.flag('lora_bias') && settings.text('init_lora_weights') !== null)
      throw new BudgetError('lora_bias needs init_lora_weights as true or false');
    const blocks = settings.object('use_bdlora');
    const [a, b] = [blocks?.['target_modules_bd_a'], blocks?.['target_modules_bd_b']];
    if (Array.isArray(a) && Array.isArray(b) && a.some((name) => b.includes(name)))
      throw new ConfigError('use_bdlora', blocks, 'two lists without a common name');
    if (settings.text('target_parameters') !== null)
      throw new ConfigError('target_parameters', settings.raw('target_parameters'), 'a list of names');
  },
  ADALORA: (settings) => {
    if (settings.flag('use_dora')) throw new BudgetError('ADALORA cannot be combined with use_dora');
  },
  IA3: (settings) => {
    const [targets, inner] = ['target_modules', 'feedforward_modules'].map((key) => settings.namesOrPattern(key));
    if (!Array.isArray(targets) || !Array.isArray(inner)) return;
    const stray = inner.find((name) => !targets.includes(name));
    if (stray !== undefined) throw new ConfigError('feedforward_modules', stray, 'names that target_modules also has');
  },
  SUPERTUNING: (settings) => {
    if (settings.raw('r') === 0) throw new ConfigError('r', 0, 'a whole number of at least 1, or null');
    if (settings.raw('r') === null && settings.raw('lora_alpha') !== null)
      throw new ConfigError('r', null, 'a rank, because lora_alpha is set');
  },
  LILY: (settings) => {
    if (settings.raw('num_B') === 1) throw new ConfigError('num_B', 1, 'at least 2');
  },
  TINYLORA: (settings) => {
    if (settings.number('weight_tying') > 1)
      throw new ConfigError('weight_tying', settings.raw('weight_tying'), 'a number from 0 to 1');
  },
  CARTRIDGE: (settings) => {
    const tokens = settings.raw('num_virtual_tokens');
    const still = settings.size('num_frozen_tokens');
    if (typeof tokens === 'number' && still > tokens)
      throw new ConfigError('num_frozen_tokens', still, `at most num_virtual_tokens, ${tokens}`);
  },
  CPT: (settings) => {
    const ids = settings.raw('cpt_token_ids');
    for (const key of ['cpt_mask', 'cpt_tokens_type_mask']) {
      const list = settings.raw(key);
      if (Array.isArray(ids) && Array.isArray(list) && list.length !== ids.length)
        throw new ConfigError(key, list, `a list as long as cpt_token_ids, ${ids.length}`);
    }
  },
};
