/** BD-LoRA: the nested config `use_bdlora` names the modules that have a block-diagonal factor. */

import { positiveInteger } from './adapterConfig';
import type { RawConfig } from './configValues';
import { comparedEntries } from './entryLimits';
import { currentMatching } from './matching';

/** The default of `BdLoraConfig.nblocks` in huggingface/peft 0.21. */
const NBLOCKS = 1;

interface BlockDiagonal {
  /** The factor made of blocks. */
  readonly side: 'a' | 'b';
  readonly count: number;
}

/** A list names a module by any part of its path. `null` if neither list names it. */
export function blockDiagonalFactor(options: RawConfig, module: string): BlockDiagonal | null {
  const count = positiveInteger(options['nblocks']) ?? NBLOCKS;
  const named = (key: string): boolean => {
    const list = options[key];
    const parts = Array.isArray(list) ? comparedEntries<unknown>(key, list) : [list];
    if (!currentMatching().spend(parts.length, key)) return false;
    return parts.some((part) => typeof part === 'string' && module.includes(part));
  };
  if (named('target_modules_bd_a')) return { side: 'a', count };
  return named('target_modules_bd_b') ? { side: 'b', count } : null;
}
