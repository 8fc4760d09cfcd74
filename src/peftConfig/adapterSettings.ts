/**
 * The values of an adapter_config.json, each checked as it is read. A key that is absent or null has PEFT's default for
 * the config's `peft_type`; the table of `methodKeys.ts` holds it, and no caller repeats it.
 */

import type { RawConfig } from './configValues';
import { isObject, MAX_WIDTH } from './configValues';
import { ConfigError } from './errors';
import { wordsFor } from './fieldWords';
import { defaultOf } from './methodKeys';
import type { PatternList } from './patternList';
import { dottedPatternList, patternList } from './patternList';

/** A larger number cannot be the size of anything that fits in memory. */
const MAX_COUNT = 1 << 30;

export class AdapterSettings {
  /** Upper case; '' if the config names no method. Such a config has no defaults. */
  readonly method: string;
  private readonly patterns = new Map<string, PatternList<number>>();

  constructor(readonly config: RawConfig) {
    const method = Object.hasOwn(config, 'peft_type') ? config['peft_type'] : null;
    this.method = typeof method === 'string' ? method.toUpperCase() : '';
  }

  /** The value as the file has it; `null` if it is absent. */
  raw(key: string): unknown {
    return Object.hasOwn(this.config, key) ? (this.config[key] ?? null) : null;
  }

  /** The value, or PEFT's default; `null` if there is neither. */
  private value(key: string): unknown {
    return this.raw(key) ?? defaultOf(this.method, key);
  }

  /** A whole number of at least 1. `fallback` is for a key whose default PEFT derives from something else. */
  count(key: string, fallback?: number, max = MAX_WIDTH): number {
    const value = this.value(key) ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value;
    throw new ConfigError(key, value, `a whole number from 1 to ${max}`);
  }

  /** A whole number of at least 0, where 0 switches something off, or the default; 0 if there is neither. */
  size(key: string): number {
    const value = this.value(key) ?? 0;
    // A default may lie outside the range that a file's value must keep: decompose_factor's is -1.
    if (value === 0 || value === defaultOf(this.method, key)) return value as number;
    return this.count(key, undefined, MAX_COUNT);
  }

  /** A number of at least 0; 0 if there is neither a value nor a default. */
  number(key: string): number {
    const value = this.value(key) ?? 0;
    if (typeof value !== 'number' || !(value >= 0) || value > MAX_COUNT)
      throw new ConfigError(key, value, 'a number of at least 0');
    return value;
  }

  /** A boolean; false if there is neither a value nor a default. */
  flag(key: string): boolean {
    const value = this.value(key) ?? false;
    if (typeof value !== 'boolean') throw new ConfigError(key, value, 'true or false');
    return value;
  }

  /** True for a value that is true in Python: the config of a variant is an object, or just `true`. */
  present(key: string): boolean {
    const value = this.raw(key);
    return value !== null && value !== false && value !== 0 && value !== '' && !isEmpty(value);
  }

  /** A string; `null` if the value or the default is of another type. */
  text(key: string): string | null {
    const value = this.value(key);
    return typeof value === 'string' ? value : null;
  }

  /** Numbers by pattern, for keys that PEFT searches for only after a dot. */
  dottedPattern(key: string): PatternList<number> {
    return this.pattern(key, dottedPatternList);
  }

  /** One of the words that the key accepts. */
  word(key: string): string {
    const value = this.value(key);
    const words = wordsFor(this.method, key) ?? [];
    if (typeof value === 'string' && words.includes(value)) return value;
    throw new ConfigError(key, value, `one of ${words.filter((word) => word !== null).join(', ')}`);
  }

  /** A list of names; `null` if it is absent. */
  names(key: string): readonly string[] | null {
    const value = this.raw(key);
    if (value === null) return null;
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string'))
      throw new ConfigError(key, value, 'a list of names');
    return value;
  }

  /** A list of names, or one string, which is a pattern; `null` if it is absent. */
  namesOrPattern(key: string): readonly string[] | string | null {
    return this.text(key) ?? this.names(key);
  }

  /** Indices from 0, as a list or a single number; `null` if they are absent. */
  indices(key: string): readonly number[] | null {
    const value = this.raw(key);
    if (value === null) return null;
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (!list.every((entry) => Number.isInteger(entry))) throw new ConfigError(key, value, 'whole numbers');
    return list as number[];
  }

  object(key: string): RawConfig | null {
    const value = this.raw(key);
    if (value === null) return null;
    if (!isObject(value)) throw new ConfigError(key, value, 'an object');
    return value;
  }

  /** Numbers by pattern, as in rank_pattern. The first pattern of the file that matches decides. */
  pattern(
    key: string,
    listOf: (entries: readonly (readonly [string, number])[]) => PatternList<number> = patternList,
  ): PatternList<number> {
    const known = this.patterns.get(key);
    if (known) return known;
    const entries = Object.entries(this.object(key) ?? {}).map(([name, value]) => {
      if (typeof value !== 'number' || !(value > 0) || value > MAX_COUNT)
        throw new ConfigError(`${key}.${name}`, value, 'a number above 0');
      return [name, value] as const;
    });
    const list = listOf(entries);
    this.patterns.set(key, list);
    return list;
  }
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}
