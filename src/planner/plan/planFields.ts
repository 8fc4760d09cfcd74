/** The settings of each method that a plan can vary: those that change a count, a byte, or what the adapter is. */

import { FIELD_TEXTS } from '../../peftConfig/fieldTexts';
import { wordsFor } from '../../peftConfig/fieldWords';
import { COMMON_KEYS } from '../../peftConfig/commonKeys';
import { METHOD_KEYS } from '../../peftConfig/methodKeys';
import type { PlanField } from '../../protocol/plan';

/** Shown first, in this order; the rest of a method's settings follow. */
const FIRST =
  'r init_r num_virtual_tokens token_indices adapter_len adapter_layers n_frequency lora_alpha alpha variant use_dora use_rslora'.split(
    ' ',
  );
/** Settings of training that change no count and no byte. */
const WITHOUT_EFFECT =
  /dropout|seed|^t(?:init|final)$|^deltaT$|beta|_lambda$|warmup|interval|exponent|^fan_in_fan_out$|_lr$|epsilon|_eps$|^eps$|temperature|threshold|_key$|^progressbar$|^init_|^d_initial$|_loss_|_weight$|regularization|cayley|_niter$|invocation|^use_(?:asa|dynamic_rank|qalora)$|^qalora_|_init_task$|^sample_at_|^scaling_pass|^apply_GS$|^coft$/;
/** PEFT reads these off the model where they are not given, and a wrong one fails only when the model runs. */
const FROM_THE_MODEL = /^(?:token_dim|num_transformer_submodules|num_attention_heads|num_layers)$/;
/** `METHOD.key` of settings that are in a config and change nothing. */
const UNUSED = new Set(['ADALORA.r', 'ADALORA.use_dora', 'ADALORA.lora_bias']);
/** Sensible values of what PEFT has no default for. */
const STARTS: Readonly<Record<string, string>> = {
  num_virtual_tokens: '20',
  adapter_len: '10',
  adapter_layers: '4',
  token_indices: '0',
  // AdaLoRA's schedule of pruning: its config is refused without one.
  total_step: '1000',
};
/** Starts of LoRA that need nothing but the weights; `mica` trains B alone. */
const LORA_INITS = ['true', 'false', 'gaussian', 'olora', 'pissa', 'orthogonal', 'mica'];
const LISTS = new Set(['names', 'namesOrPattern', 'indices', 'indicesOrOne', 'tokens']);
/** Targets have a tree of their own; the others say which layers those are among. */
const UNLISTED = /^(?:target_modules|layers_pattern)$|^cpt_/;

/** Null for a key of another kind, or without effect on what a plan tells. */
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

/** In the order to be shown in: numbers and switches before lists. */
export function methodFields(method: string): readonly PlanField[] {
  const rank = ({ key, kind }: PlanField): number => place(key) + (kind === 'list' && !FIRST.includes(key) ? 1 : 0);
  return Object.entries(METHOD_KEYS[method] ?? {})
    .flatMap(([key, fallback]) => fieldOf(method, key, fallback) ?? [])
    .sort((a, b) => rank(a) - rank(b));
}

/** Typed settings as JSON values. Empty ones are left out; what is no number stays text, for the engine to refuse. */
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

/** Whole numbers where all are, names otherwise. */
function listOf(text: string): readonly (string | number)[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return entries.every((entry) => /^\d{1,9}$/.test(entry)) ? entries.map(Number) : entries;
}
