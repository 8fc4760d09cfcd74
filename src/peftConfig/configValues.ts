/** Readers for single values of an untrusted config: each value is absent, null, or checked. */

import { ConfigError } from './errors';

/** A parsed config. Its keys are untrusted, so read it with `Object.hasOwn`. */
export type RawConfig = Readonly<Record<string, unknown>>;

/** Wider than any published model. A product of two such widths and a depth is still an exact integer (below 2^53). */
export const MAX_WIDTH = 1 << 20;
/** The deepest published transformer has 1,000 layers (DeepNet). */
export const MAX_LAYERS = 1024;
/** Sixty times the largest vocabulary in use. */
export const MAX_VOCABULARY = 1 << 24;

/** A whole number from 1 to `max` under the first of `keys` that has a value; `null` if all are absent or null. */
export function readCount(config: RawConfig, keys: readonly string[], max: number): number | null {
  for (const key of keys) {
    const value = Object.hasOwn(config, key) ? config[key] : undefined;
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max) {
      throw new ConfigError(key, value, `a whole number from 1 to ${max}`);
    }
    return value;
  }
  return null;
}

/** The same as `readCount`, but throws `ConfigError` if all keys are absent or null. */
export function requireCount(config: RawConfig, keys: readonly string[], max: number): number {
  const value = readCount(config, keys, max);
  if (value !== null) return value;
  const [first = '', ...others] = keys;
  const names = others.length > 0 ? ` (or ${others.join(', ')})` : '';
  throw new ConfigError(first, undefined, `a whole number from 1 to ${max}${names}`);
}

/** A boolean, or `fallback` if the key is absent or null. */
export function flag(config: RawConfig, key: string, fallback: boolean): boolean {
  const value = Object.hasOwn(config, key) ? config[key] : undefined;
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'boolean') throw new ConfigError(key, value, 'true or false');
  return value;
}

/** A string; `null` for any other value, because such a key only chooses among known words. */
export function text(config: RawConfig, key: string): string | null {
  const value = Object.hasOwn(config, key) ? config[key] : undefined;
  return typeof value === 'string' ? value : null;
}

/** A value of a config as a message shows it: a string as it is, anything else as JSON; '' for nothing. */
export function shownValue(value: unknown): string {
  // String(value) calls the object's own toString, which a file can replace by anything.
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : (JSON.stringify(value) ?? '');
}

export function isObject(value: unknown): value is RawConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
