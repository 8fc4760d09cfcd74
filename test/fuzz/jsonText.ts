/** Makes JSON, and what other programs take for JSON, from a grammar. The texts come out as bytes of a file would. */

import type { Random } from '../../src/tensor/random';
import { below, mutateBytes, mutateJson, NAMES, NUMBERS, pick } from './mutate';

/** What Python, JavaScript and people write for a number. Most of it is not JSON. */
const ODD_NUMBERS = ['NaN', 'Infinity', '-Infinity', '1e999', '-1e-999', '0x10', '1_000', '.5', '5.', '+1', '01', '1e'];
const BROKEN_STRINGS = ['"\\x41"', '"\\ud800"', '"\\u12"', '"a\nb"', '"open', "'single'", '"\\', '"\u0007\u001b[2J"'];
/** Levels on both sides of the limit of nesting, and far beyond any stack. */
const DEPTHS = [1, 20, 100, 127, 128, 129, 1000, 20_000];
const LENGTHS = [100, 1999, 2000, 2001, 20_000];
const MAX_ENTRIES = 6;

export const chance = (random: Random, probability: number): boolean => random() < probability;

/** A list of up to `most` results. */
export function several<T>(random: Random, most: number, make: (index: number) => T): T[] {
  return Array.from({ length: below(random, most + 1) }, (_, index) => make(index));
}

/** Text with characters of one to four bytes in UTF-8, controls and lone surrogates among them. */
export function unicodeText(random: Random, most = 24): string {
  const unit = (): string => {
    const top = pick(random, [0x20, 0x7f, 0x7f, 0x7f, 0x7f, 0x7ff, 0xffff, 0x10ffff]);
    return String.fromCodePoint(below(random, top + 1));
  };
  return several(random, most, unit).join('');
}

export function jsonString(random: Random): string {
  const kind = random();
  if (kind < 0.1) return pick(random, BROKEN_STRINGS);
  return JSON.stringify(kind < 0.6 ? pick(random, NAMES) : unicodeText(random));
}

/** Any value. Values may nest `depth` levels, and rarely far more. */
export function jsonValue(random: Random, depth = 3): string {
  const kind = random();
  if (kind < 0.25) return pick(random, NUMBERS);
  if (kind < 0.32) return pick(random, ODD_NUMBERS);
  if (kind < 0.34) return nested(random);
  if (kind < 0.36) return longList(random);
  if (kind < 0.55 || depth === 0) return jsonString(random);
  if (kind < 0.75) return jsonList(several(random, MAX_ENTRIES, () => jsonValue(random, depth - 1)));
  return jsonObject(
    random,
    several(random, MAX_ENTRIES, () => [jsonString(random), jsonValue(random, depth - 1)]),
  );
}

export function jsonList(entries: readonly string[]): string {
  return `[${entries.join(', ')}]`;
}

/** An object from keys and values as JSON. Some keys occur twice, and some objects end in a comma. */
export function jsonObject(random: Random, entries: readonly (readonly [key: string, value: string])[]): string {
  const all = [...entries];
  if (all.length > 0 && chance(random, 0.1)) all.push([pick(random, all)[0], jsonValue(random, 1)]);
  if (chance(random, 0.05)) all.push(['"__proto__"', `{"polluted": ${jsonValue(random, 1)}}`]);
  if (chance(random, 0.03)) all.push(['"constructor"', '{"prototype": {"polluted": true}}']);
  const comma = chance(random, 0.04) ? ',' : '';
  return `{${all.map(([key, value]) => `${key}: ${value}`).join(',\n  ')}${comma}}`;
}

function nested(random: Random): string {
  const depth = pick(random, DEPTHS);
  const [open, close] = pick(random, [
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"r":', '}]'],
  ]);
  return `${open.repeat(depth)}${chance(random, 0.8) ? `1${close.repeat(depth)}` : ''}`;
}

function longList(random: Random): string {
  const entry = chance(random, 0.5) ? pick(random, NUMBERS) : jsonString(random).slice(0, 60);
  return `[${`${entry},`.repeat(pick(random, LENGTHS))}${entry}]`;
}

/** Damages a text: values and keys of its JSON, or any of its bytes. */
export function damagedText(random: Random, text: string): Uint8Array {
  let result = text;
  for (let left = below(random, 4); left > 0; left--) result = mutateJson(random, result);
  const bytes = new TextEncoder().encode(result);
  return chance(random, 0.3) ? mutateBytes(random, bytes) : bytes;
}
