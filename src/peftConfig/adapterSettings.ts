/** An adapter_config.json, read value by value: absent, null, or checked. PEFT's defaults stand where it is silent. */

import type { RawConfig } from './configValues';
import { flag, isObject, MAX_WIDTH, readCount, text } from './configValues';
import { ConfigError } from './errors';
import type { PatternList } from './patternList';
import { dottedPatternList, patternList } from './patternList';

/** Numbers beyond this cannot be sizes of anything that fits a machine. */
const MAX_COUNT = 1 << 30;

export class AdapterSettings {
  private readonly patterns = new Map<string, PatternList<number>>();

  constructor(readonly config: RawConfig) {}

  raw(key: string): unknown {
    return Object.hasOwn(this.config, key) ? (this.config[key] ?? null) : null;
  }

  /** A whole number of at least 1. */
  count(key: string, fallback?: number, max = MAX_WIDTH): number {
    const value = readCount(this.config, [key], max);
    if (value !== null) return value;
    if (fallback === undefined) throw new ConfigError(key, this.config[key], `a whole number from 1 to ${max}`);
    return fallback;
  }

  /** A whole number of at least 0; zero and null are the same where they switch something off. */
  size(key: string, fallback: number, max = MAX_COUNT): number {
    return this.raw(key) === 0 ? 0 : this.count(key, fallback, max);
  }

  /** Any number of at least 0. */
  number(key: string, fallback: number): number {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== 'number' || !(value >= 0) || value > MAX_COUNT)
      throw new ConfigError(key, value, 'a number of at least 0');
    return value;
  }

  flag(key: string, fallback: boolean): boolean {
    return flag(this.config, key, fallback);
  }

  /** True for anything that Python takes for true: a variant's config is an object, or just `true`. */
  present(key: string): boolean {
    const value = this.raw(key);
    return value !== null && value !== false && value !== 0 && value !== '' && !isEmpty(value);
  }

  text(key: string): string | null {
    return text(this.config, key);
  }

  /** As `pattern`, where keys are looked for behind a dot. */
  dottedPattern(key: string): PatternList<number> {
    return this.pattern(key, dottedPatternList);
  }

  /** One of the words; the first is the default. */
  word(key: string, words: readonly string[]): string {
    const value = this.raw(key) ?? words[0];
    if (typeof value === 'string' && words.includes(value)) return value;
    throw new ConfigError(key, value, `one of ${words.join(', ')}`);
  }

  /** A list of names; null where there is none. */
  names(key: string): readonly string[] | null {
    const value = this.raw(key);
    if (value === null) return null;
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string'))
      throw new ConfigError(key, value, 'a list of names');
    return value;
  }

  /** A list of names, or one string, which is a pattern. */
  namesOrPattern(key: string): readonly string[] | string | null {
    return this.text(key) ?? this.names(key);
  }

  /** Indices from 0, given as a list or alone; null where there are none. */
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

  /** A table of numbers by pattern, like rank_pattern, in the file's order, which decides. */
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
