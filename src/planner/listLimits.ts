/** How many entries a config's lists may have: matching them takes their number times the model's modules. */

import type { RawConfig } from '../peftConfig/configValues';
import { isObject } from '../peftConfig/configValues';

/** PEFT shortens lists of over 20 names to the ends they share; the longest seen name every module of a model. */
const MAX_ENTRIES = 2_000;
/** Modules that are trained whole are few; each name is looked for in the middle of every module's. */
const MAX_SAVED = 200;

/** Keys whose entries are each compared with the modules of the base model. */
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

/** The first key with too many entries; null where none has. */
export function oversized(config: RawConfig): Oversized | null {
  for (const key of COMPARED) {
    const value = Object.hasOwn(config, key) ? config[key] : null;
    const entries = Array.isArray(value) ? value.length : isObject(value) ? Object.keys(value).length : 0;
    const most = key === 'modules_to_save' ? MAX_SAVED : MAX_ENTRIES;
    if (entries > most) return { key, entries, most };
  }
  return null;
}
