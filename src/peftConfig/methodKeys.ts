/** The keys of every `peft_type`'s config besides the common ones, with PEFT's defaults. */

import { CONFIG_ROWS } from './configTable';
import type { Defaults } from './signature';
import { defaultsOf, readRow } from './signature';

export const METHOD_KEYS: Readonly<Record<string, Defaults>> = Object.fromEntries(
  CONFIG_ROWS.map(([peftType, row]) => [peftType, defaultsOf(readRow(row).fields)]),
);

/** The default of a key of a method; `null` if the key is required or the method does not have it. */
export function defaultOf(method: string, key: string): unknown {
  const keys = Object.hasOwn(METHOD_KEYS, method) ? METHOD_KEYS[method]! : {};
  return Object.hasOwn(keys, key) ? keys[key] : null;
}
