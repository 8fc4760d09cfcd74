/** The sizes of the language model that a `config.json` describes, alone or within a multimodal model. */

import { isObject } from '../peftConfig/configValues';
import { ConfigError } from '../peftConfig/errors';
import { architectureOf, factsOf } from './architectures';
import { languagePart } from './languagePart';
import type { ModelShape } from './modelShape';
import { partShape } from './partShape';

/** Throws `ConfigError` if a size is missing or is not a usable number. */
export function readModelShape(parsed: unknown): ModelShape {
  if (!isObject(parsed)) throw new ConfigError('(the file)', parsed, 'a JSON object');
  const found = languagePart(parsed);
  return partShape({ ...found, whole: parsed, facts: factsOf(found.modelType) });
}

/** Whether the config's type has a module table. A type without one can only be counted from a checkpoint's header. */
export function hasModuleTable(parsed: unknown): boolean {
  return isObject(parsed) && architectureOf(languagePart(parsed).modelType) !== null;
}
