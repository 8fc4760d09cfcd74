/** Limits on the entries of a config that are compared with every module: comparing takes entries times modules. */

import type { RawConfig } from './configValues';
import { isObject } from './configValues';

/** PEFT shortens lists of over 20 names to common suffixes. The longest known lists name every module of a model. */
const MAX_ENTRIES = 2_000;
/** Few modules are fully trained, and each entry is searched inside every module's name. */
const MAX_SAVED = 200;
/** The longest module names have about 100 characters. A key of a pattern may list some dozens of them. */
export const MAX_ENTRY_LENGTH = 4_096;

/** Keys whose every entry is compared with all modules of the base model, or of the adapter. */
const COMPARED = [
  'target_modules',
  'target_parameters',
  'exclude_modules',
  'feedforward_modules',
  'modules_to_save',
  'rank_pattern',
  'alpha_pattern',
  'lambda_pattern',
  'block_size_pattern',
  'n_frequency_pattern',
  'layers_to_transform',
  'layers_pattern',
  'layer_replication',
];

interface Oversized {
  readonly key: string;
  /** What the config has and what the limit is: '5000 entries', 'at most 2000 entries'. */
  readonly got: string;
  readonly expected: string;
}

/**
 * The keys with too many entries, or with a name that is too long. Keys of patterns are checked when they are compiled.
 */
export function oversizedKeys(config: RawConfig): readonly Oversized[] {
  return COMPARED.flatMap((key): Oversized[] => {
    const value = Object.hasOwn(config, key) ? config[key] : null;
    const names: readonly unknown[] = Array.isArray(value) ? value : [];
    const count = isObject(value) ? Object.keys(value).length : names.length;
    const most = maxEntries(key);
    if (count > most) return [{ key, got: `${count} entries`, expected: `at most ${most} entries` }];
    const long = names.find((entry) => typeof entry === 'string' && entry.length > MAX_ENTRY_LENGTH);
    if (typeof long !== 'string') return [];
    const expected = `entries of at most ${MAX_ENTRY_LENGTH} characters`;
    return [{ key, got: `an entry of ${long.length} characters`, expected }];
  });
}

/** The names or patterns of the key that are compared with modules: the first ones. */
export function comparedEntries<T>(key: string, entries: readonly T[]): readonly T[] {
  return entries.slice(0, maxEntries(key));
}

function maxEntries(key: string): number {
  return key === 'modules_to_save' ? MAX_SAVED : MAX_ENTRIES;
}
