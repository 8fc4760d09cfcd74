/** The few fields of a config that lists need, read without parsing the rest. */

import { parseJson } from '../../peftConfig/parseJson';
import { MAX_NAME_CHARACTERS } from '../../protocol/scan';
import type { AdapterFacts, ModelFacts } from '../../protocol/scan';
import { isBounded } from './boundedJson';
import { scanJson } from './jsonScalars';

/** An escaped character of a literal takes up to six characters. */
const MAX_LITERAL = 6 * MAX_NAME_CHARACTERS;

type Field = { readonly value: string | number | null; readonly cut: boolean };

/** `null` for a text that does not describe a model or is too large to be parsed. */
export function modelFacts(text: string): Omit<ModelFacts, 'stamp'> | null {
  const fields = topLevelFields(text, ['model_type', '_name_or_path']);
  const own = fields?.get('_name_or_path');
  if (typeof fields?.get('model_type')?.value !== 'string') return null;
  // Part of a name is the name of something else.
  return { ownName: own && !own.cut && typeof own.value === 'string' ? own.value : null };
}

/** Never `null`: any object may be an adapter's config, whose fields are optional here. */
export function adapterFacts(text: string): AdapterFacts {
  const fields = topLevelFields(text, ['peft_type', 'r', 'base_model_name_or_path']);
  const [type, rank, base] = ['peft_type', 'r', 'base_model_name_or_path'].map((key) => fields?.get(key));
  const method = typeof type?.value === 'string' ? type.value : '';
  return {
    method: method !== '' && typeof rank?.value === 'number' ? `${method}, r = ${rank.value}` : method,
    baseModel: typeof base?.value === 'string' ? base.value : '',
    cut: (type?.cut ?? false) || (base?.cut ?? false),
  };
}

/** The last value of each key, as for JSON.parse; `null` if the text is not an object of bounded size. */
function topLevelFields(text: string, keys: readonly string[]): ReadonlyMap<string, Field> | null {
  if (!/^\s*\{/.test(text.slice(0, 64))) return null;
  const fields = new Map<string, Field>();
  const size = scanJson(
    text,
    ({ key, depth, from, to }) => {
      if (depth === 1 && keys.includes(key))
        fields.set(key, readField(text.slice(from, Math.min(to, from + MAX_LITERAL))));
    },
    1,
  );
  return isBounded(size) ? fields : null;
}

function readField(literal: string): Field {
  if (!literal.startsWith('"')) return { value: readNumber(literal), cut: false };
  const whole = literal.endsWith('"') ? readString(literal) : null;
  const value = whole ?? readString(`${literal.slice(0, MAX_NAME_CHARACTERS + 1).replace(/\\.{0,5}$/s, '')}"`);
  const cut = whole === null || whole.length > MAX_NAME_CHARACTERS;
  return { value: value && cut ? `${value.slice(0, MAX_NAME_CHARACTERS)}…` : value, cut };
}

function readString(literal: string): string | null {
  try {
    const value = parseJson(literal);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

function readNumber(literal: string): number | null {
  const value = Number(literal);
  return Number.isFinite(value) ? value : null;
}
