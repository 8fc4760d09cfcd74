/** Limits the lists of a config: matching takes entries times modules. */

import type { RawConfig } from '../peftConfig/configValues';
import { isObject } from '../peftConfig/configValues';

/** PEFT shortens lists of over 20 names to common suffixes. The longest known lists name every module of a model. */
const MAX_ENTRIES = 2_000;
/** Few modules are fully trained, and each entry is searched inside every module's name. */
const MAX_SAVED = 200;

/** Keys whose every entry is compared with all modules of the base model. */
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
  readonly entries: number;
  readonly most: number;
}

/** The first key with too many entries; `null` if there is none. */
export function oversized(config: RawConfig): Oversized | null {
  for (const key of COMPARED) {
    const value = Object.hasOwn(config, key) ? config[key] : null;
    const entries = Array.isArray(value) ? value.length : isObject(value) ? Object.keys(value).length : 0;
    const most = key === 'modules_to_save' ? MAX_SAVED : MAX_ENTRIES;
    if (entries > most) return { key, entries, most };
  }
  return null;
}
