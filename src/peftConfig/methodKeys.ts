/** The keys of every `peft_type`'s config with PEFT's defaults as JSON; a required key has the default `null`. */

import { COMMON_ARGUMENTS, CONFIG_ROWS } from './configTable';
import type { Signature } from './signature';
import { jsonDefault, readRow, signature } from './signature';

/** Key to default. */
type Defaults = Readonly<Record<string, unknown>>;

const defaultsOf = (fields: Signature): Defaults =>
  Object.fromEntries([...fields].map(([key, python]) => [key, jsonDefault(python)]));

/** The keys of every config. */
export const COMMON_KEYS: Defaults = defaultsOf(signature(COMMON_ARGUMENTS));

/** The other keys, by `peft_type`. */
export const METHOD_KEYS: Readonly<Record<string, Defaults>> = Object.fromEntries(
  CONFIG_ROWS.map(([peftType, row]) => [peftType, defaultsOf(readRow(row).fields)]),
);
