/** Reads single entries of adapter_config.json to show them; `adapterSettings.ts` reads them to count. */

import type { RawConfig } from '../../peftConfig/configValues';
import { isObject } from '../../peftConfig/configValues';
import { ConfigError } from '../../peftConfig/errors';

/** The pairs of a rank_pattern or alpha_pattern in the file's order: the first match applies. */
export function readPattern(config: RawConfig, key: string): (readonly [string, number])[] {
  const value = (Object.hasOwn(config, key) ? config[key] : undefined) ?? {};
  if (!isObject(value)) throw new ConfigError(key, value, 'an object of numbers');
  return Object.entries(value).map(([name, number]) => {
    if (typeof number !== 'number') throw new ConfigError(`${key}.${name}`, number, 'a number');
    return [name, number] as const;
  });
}
