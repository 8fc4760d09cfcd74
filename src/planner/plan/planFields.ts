/** The settings of each method that a plan can vary: those that affect the count, the memory, or the adapter's form. */

import { FIELD_TEXTS } from '../../peftConfig/fieldTexts';
import { wordsFor } from '../../peftConfig/fieldWords';
import { COMMON_KEYS } from '../../peftConfig/commonKeys';
import { METHOD_KEYS } from '../../peftConfig/methodKeys';
import { FROM_THE_MODEL, SHOWN_FIRST, START_VALUES, UNUSED_KEYS, WITHOUT_EFFECT } from '../../peftConfig/plannedKeys';
import type { PlanField } from '../../protocol/plan';

/** LoRA initialisations that need only the weights; `mica` trains only B. */
const LORA_INITS = ['true', 'false', 'gaussian', 'olora', 'pissa', 'orthogonal', 'mica'];
const LISTS = new Set(['names', 'namesOrPattern', 'indices', 'indicesOrOne', 'tokens']);
/** Settings that are not fields: targets have their own tree, and the others depend on them. */
const UNLISTED = /^(?:target_modules|layers_pattern)$|^cpt_/;

/** `null` for a key that a field cannot show, or that does not affect a plan. */
function fieldOf(method: string, key: string, fallback: unknown): PlanField | null {
  const [kind, title] = Object.hasOwn(FIELD_TEXTS, key) ? FIELD_TEXTS[key]! : (['string', ''] as const);
  if (
    Object.hasOwn(COMMON_KEYS, key) ||
    UNUSED_KEYS.has(`${method}.${key}`) ||
    FROM_THE_MODEL.test(key) ||
    UNLISTED.test(key)
  )
    return null;
  const initial = fallback === null || typeof fallback === 'object' ? '' : String(fallback);
  const known = { key, label: key, title, initial, start: Object.hasOwn(START_VALUES, key) ? START_VALUES[key]! : '' };
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

const place = (key: string): number => (SHOWN_FIRST.includes(key) ? SHOWN_FIRST.indexOf(key) : SHOWN_FIRST.length);

/** Fields in display order: numbers and switches before lists. */
export function methodFields(method: string): readonly PlanField[] {
  const rank = ({ key, kind }: PlanField): number =>
    place(key) + (kind === 'list' && !SHOWN_FIRST.includes(key) ? 1 : 0);
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
