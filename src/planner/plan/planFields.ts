/** The settings of each method that a plan can vary: those that affect the count, the memory, or the adapter's form. */

import { wordsFor } from '../../peftConfig/configSchema';
import { FIELD_TEXTS } from '../../peftConfig/fieldTexts';
import { COMMON_KEYS, METHOD_KEYS } from '../../peftConfig/methodKeys';
import type { PlanField } from '../../protocol/plan';

/** The settings shown first, in this order. */
const FIRST = [
  'r',
  'init_r',
  'num_virtual_tokens',
  'token_indices',
  'adapter_len',
  'adapter_layers',
  'n_frequency',
  'lora_alpha',
  'alpha',
  'variant',
  'use_dora',
  'use_rslora',
];
/** Training settings that affect neither count nor memory. */
const WITHOUT_EFFECT = new RegExp(
  [
    'dropout|seed|beta|warmup|interval|exponent|epsilon|temperature|threshold|_loss_|regularization|cayley|invocation',
    '^(?:init_|qalora_|sample_at_|scaling_pass)',
    '(?:_lambda|_lr|_eps|_key|_weight|_niter|_init_task)$',
    '^(?:tinit|tfinal|deltaT|fan_in_fan_out|eps|progressbar|d_initial|apply_GS|coft)$',
    '^use_(?:asa|dynamic_rank|qalora)$',
  ].join('|'),
);
/** PEFT reads these from the model by default, and a wrong one fails only when the model runs. */
const FROM_THE_MODEL = /^(?:token_dim|num_transformer_submodules|num_attention_heads|num_layers)$/;
/** Settings that a config has and that change nothing, as `METHOD.key`. */
const UNUSED = new Set(['ADALORA.r', 'ADALORA.use_dora', 'ADALORA.lora_bias']);
/** Sensible values for settings without a default in PEFT. */
const STARTS: Readonly<Record<string, string>> = {
  num_virtual_tokens: '20',
  adapter_len: '10',
  adapter_layers: '4',
  token_indices: '0',
  // PEFT refuses an AdaLoRA config without a pruning schedule.
  total_step: '1000',
};
/** LoRA initialisations that need only the weights; `mica` trains only B. */
const LORA_INITS = ['true', 'false', 'gaussian', 'olora', 'pissa', 'orthogonal', 'mica'];
const LISTS = new Set(['names', 'namesOrPattern', 'indices', 'indicesOrOne', 'tokens']);
/** Settings that are not fields: targets have their own tree, and the others depend on them. */
const UNLISTED = /^(?:target_modules|layers_pattern)$|^cpt_/;

/** Null for a key that a field cannot show, or that does not affect a plan. */
function fieldOf(method: string, key: string, fallback: unknown): PlanField | null {
  const [kind, title] = Object.hasOwn(FIELD_TEXTS, key) ? FIELD_TEXTS[key]! : (['string', ''] as const);
  if (
    Object.hasOwn(COMMON_KEYS, key) ||
    UNUSED.has(`${method}.${key}`) ||
    FROM_THE_MODEL.test(key) ||
    UNLISTED.test(key)
  )
    return null;
  const initial = fallback === null || typeof fallback === 'object' ? '' : String(fallback);
  const known = { key, label: key, title, initial, start: Object.hasOwn(STARTS, key) ? STARTS[key]! : '' };
  const choices =
    key === 'init_lora_weights'
      ? LORA_INITS
      : wordsFor(method, key)
          ?.filter((word) => word !== null)
          .map(String);
  if (choices && (key === 'init_lora_weights' || key === 'init_weights' || !WITHOUT_EFFECT.test(key))) {
    return {
      ...known,
      kind: 'choice',
      choices: initial === '' ? ['', ...choices] : [...new Set([initial, ...choices])],
    };
  }
  if (WITHOUT_EFFECT.test(key)) return null;
  if (kind === 'integer' || kind === 'number') return { ...known, kind: 'number', choices: [] };
  if (kind === 'boolean') return { ...known, kind: 'boolean', choices: [] };
  return LISTS.has(kind) ? { ...known, kind: 'list', title: `${title} Separated by commas.`, choices: [] } : null;
}

const place = (key: string): number => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);

/** Fields in display order: numbers and switches before lists. */
export function methodFields(method: string): readonly PlanField[] {
  const rank = ({ key, kind }: PlanField): number => place(key) + (kind === 'list' && !FIRST.includes(key) ? 1 : 0);
  return Object.entries(METHOD_KEYS[method] ?? {})
    .flatMap(([key, fallback]) => fieldOf(method, key, fallback) ?? [])
    .sort((a, b) => rank(a) - rank(b));
}

/** Typed settings as JSON values. Empty ones are left out; an invalid number stays text, which the engine refuses. */
export function typedValues(
  typed: readonly (readonly [string, string])[],
  fields: readonly PlanField[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const text = typed.find(([key]) => key === field.key)?.[1].trim() ?? '';
    if (text === '') continue;
    values[field.key] = field.kind === 'list' ? listOf(text) : valueOf(text, field);
  }
  return values;
}

function valueOf(text: string, { kind, initial }: PlanField): unknown {
  if (kind === 'boolean' || text === 'true' || text === 'false') return text === 'true';
  const numeric = kind === 'number' || /^\d+$/.test(initial);
  return numeric && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Whole numbers if all entries are, otherwise names. */
function listOf(text: string): readonly (string | number)[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return entries.every((entry) => /^\d{1,9}$/.test(entry)) ? entries.map(Number) : entries;
}
