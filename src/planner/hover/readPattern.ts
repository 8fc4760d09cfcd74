/** Single entries of an adapter_config.json for showing; `adapterSettings.ts` is for counting. */

import type { RawConfig } from '../../peftConfig/configValues';
import { isObject } from '../../peftConfig/configValues';
import { ConfigError } from '../../peftConfig/errors';

/** Pairs of a rank_pattern or alpha_pattern, in the file's order, which decides. */
export function readPattern(config: RawConfig, key: string): (readonly [string, number])[] {
  const value = (Object.hasOwn(config, key) ? config[key] : undefined) ?? {};
  if (!isObject(value)) throw new ConfigError(key, value, 'an object of numbers');
  return Object.entries(value).map(([name, number]) => {
    if (typeof number !== 'number') throw new ConfigError(`${key}.${name}`, number, 'a number');
    return [name, number] as const;
  });
}
