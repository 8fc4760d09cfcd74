/** Python values that the text of a program states, and their JSON. */

import type { PythonNumber } from './numbers';

export type Value =
  | PythonNumber
  | { readonly kind: 'none' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'str'; readonly value: string }
  | { readonly kind: 'list' | 'tuple' | 'set'; readonly items: readonly Value[] }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [Value, Value])[] };

/** Why a value is unknown. It ends the sentence "r is ...". */
export interface Unknown {
  readonly kind: 'unknown';
  readonly reason: string;
}

export function unknown(reason: string): Unknown {
  return { kind: 'unknown', reason };
}

export const NOT_LITERAL = unknown('not a literal');
export const TOO_LARGE = unknown('too large to work out');

/**
 * The value as json.dumps would write it, with sets as lists; `undefined` for a dictionary with a key that JSON cannot
 * hold.
 */
export function toJson(value: Value): unknown {
  switch (value.kind) {
    case 'none':
      return null;
    case 'dict':
      return dictToJson(value.entries);
    case 'list':
    case 'tuple':
    case 'set': {
      const items = value.items.map(toJson);
      return items.includes(undefined) ? undefined : items;
    }
    default:
      return value.value;
  }
}

function dictToJson(entries: readonly (readonly [Value, Value])[]): Readonly<Record<string, unknown>> | undefined {
  const pairs: [string, unknown][] = [];
  for (const [key, value] of entries) {
    const name = keyText(key);
    const json = toJson(value);
    if (name === null || json === undefined) return undefined;
    pairs.push([name, json]);
  }
  // `Object.fromEntries` makes every name an own entry, '__proto__' too.
  return Object.fromEntries(pairs);
}

function keyText(key: Value): string | null {
  switch (key.kind) {
    case 'str':
      return key.value;
    case 'int':
      return String(key.value);
    case 'bool':
      return String(key.value);
    case 'none':
      return 'null';
    default:
      return null;
  }
}

/** A text that equal values share; `null` if Python cannot hash the value. */
export function hashOf(value: Value): string | null {
  switch (value.kind) {
    case 'list':
    case 'set':
    case 'dict':
      return null;
    case 'tuple': {
      const items = value.items.map(hashOf);
      return items.includes(null) ? null : JSON.stringify(items);
    }
    case 'none':
      return 'none';
    case 'str':
      return `str ${value.value}`;
    default:
      // 1, 1.0 and True are the same key.
      return `number ${Number(value.value)}`;
  }
}

export function dictOf(entries: readonly (readonly [Value, Value])[]): Value | Unknown {
  const unique = new Map<string, readonly [Value, Value]>();
  for (const [key, value] of entries) {
    const hash = hashOf(key);
    if (hash === null) return NOT_LITERAL;
    // A repeated key keeps its first form and takes its last value.
    unique.set(hash, [unique.get(hash)?.[0] ?? key, value]);
  }
  return { kind: 'dict', entries: [...unique.values()] };
}

export function setOf(items: readonly Value[]): Value | Unknown {
  const unique = new Map<string, Value>();
  for (const item of items) {
    const hash = hashOf(item);
    if (hash === null) return NOT_LITERAL;
    if (!unique.has(hash)) unique.set(hash, item);
  }
  return { kind: 'set', items: [...unique.values()] };
}
