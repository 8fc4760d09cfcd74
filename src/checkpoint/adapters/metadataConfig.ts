/**
 * Reads the LoRA settings that diffusers stores in a file's metadata under `lora_adapter_metadata`: PEFT's config of
 * each component of the pipeline, with the component as prefix of the keys: 'transformer.lora_alpha'.
 */

import { parseAdapterConfig } from '../../peftConfig/adapterConfig';
import { JsonError, parseJson } from '../../peftConfig/parseJson';
import type { Problem } from '../../peftConfig/problem';
import { isObject } from '../../peftConfig/configValues';
import type { AdapterConfig } from '../../peftConfig/adapterConfig';

const ENTRY = 'lora_adapter_metadata';
/** Maximum length, the same as for a config file. */
const MAX_TEXT = 10 * 2 ** 20;
/** Keys that affect the scaling. The others only affect training. */
const KEYS = ['r', 'lora_alpha', 'use_rslora', 'use_dora', 'rank_pattern', 'alpha_pattern'] as const;

/** `null` if the metadata has no such settings. Settings that cannot be read are reported to `problems`. */
export function configOfMetadata(
  metadata: readonly (readonly [string, string])[],
  problems: Problem[],
): AdapterConfig | null {
  const text = metadata.find(([key]) => key === ENTRY)?.[1];
  if (text === undefined) return null;
  const components = new Map<string, Map<string, unknown>>();
  try {
    if (text.length > MAX_TEXT) throw new JsonError(`it has ${text.length} characters, the limit is ${MAX_TEXT}`);
    collectComponents(parseJson(text), components);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    problems.push({ severity: 'warning', message: `metadata '${ENTRY}' is not used: ${error.message}` });
  }
  const [first] = components.values();
  if (!first) return null;
  const settings = Object.fromEntries(first);
  if (components.size > 1) {
    settings['rank_pattern'] = joined(components, 'rank_pattern', 'r');
    settings['alpha_pattern'] = joined(components, 'alpha_pattern', 'lora_alpha');
  }
  return parseAdapterConfig(JSON.stringify(settings));
}

function collectComponents(values: unknown, components: Map<string, Map<string, unknown>>): void {
  if (!isObject(values)) throw new JsonError('it is not a JSON object');
  for (const [path, value] of Object.entries(values)) {
    const key = KEYS.find((known) => path.endsWith(`.${known}`));
    if (key === undefined) continue;
    const component = path.slice(0, -key.length - 1);
    const settings = components.get(component) ?? new Map<string, unknown>();
    components.set(component, settings.set(key, value));
  }
}

/** Each component's patterns, then its default for all its modules. The first match counts. */
function joined(components: ReadonlyMap<string, ReadonlyMap<string, unknown>>, pattern: string, key: string): object {
  const entries: [string, unknown][] = [];
  for (const [component, settings] of components) {
    const stem = component.replace(/[^\w]/g, '\\$&');
    const own = settings.get(pattern);
    for (const [name, value] of Object.entries(isObject(own) ? own : {}))
      entries.push([`${stem}\\.(.*\\.)?(${name})`, value]);
    entries.push([`${stem}\\..*`, settings.get(key)]);
  }
  return Object.fromEntries(entries);
}
