/** Makes configs of adapters and models: real ones that are damaged, and new ones from PEFT's keys. */

import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CONFIG_CLASS_NAMES, configClass } from '../../src/peftConfig/configClasses';
import type { Random } from '../../src/tensor/random';
import { goldenPairs } from './goldenPairs';
import { chance, damagedText, jsonList, jsonObject, jsonValue, several } from './jsonText';
import { below, mutateBytes, NAMES, pick } from './mutate';
import { moduleName, patternText } from './patternText';

/** Every adapter_config.json of the repository. */
function savedConfigs(): string[] {
  return ['test/fixtures', 'sample-workspace'].flatMap((folder) =>
    readdirSync(path.resolve(process.cwd(), folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('adapter_config.json'))
      .sort()
      .map((file) => readFileSync(path.resolve(process.cwd(), folder, file), 'utf8')),
  );
}

/** The bytes of an adapter_config.json and of its model's config.json. */
export interface ConfigFiles {
  readonly adapter: Uint8Array;
  readonly model: Uint8Array;
}

/** Returns a function that makes both files: intact, damaged, or from the grammar. */
export function configMaker(): (random: Random) => ConfigFiles {
  const pairs = goldenPairs();
  const saved = savedConfigs();
  return (random) => {
    const pair = pick(random, pairs);
    const seed = chance(random, 0.5) ? pair.adapter : pick(random, saved);
    const adapter = chance(random, 0.5) ? configText(random) : seed;
    return {
      adapter: chance(random, 0.7) ? damagedText(random, adapter) : encoded(random, adapter),
      model: chance(random, 0.6) ? damagedText(random, pair.model) : encoded(random, modelText(random, pair.model)),
    };
  };
}

/** An adapter_config.json from PEFT's keys, with values that fit their key, or any others. */
function configText(random: Random): string {
  const type = configClass(pick(random, CONFIG_CLASS_NAMES))!;
  const fields = [...type.fields.entries()].filter(() => chance(random, 0.4));
  const peftType = chance(random, 0.95) ? JSON.stringify(type.peftType) : jsonValue(random, 1);
  return jsonObject(random, [
    ['"peft_type"', peftType],
    ...fields.map(([key, initial]) => [JSON.stringify(key), fieldValue(random, key, initial)] as const),
    ...several(random, 1, () => [JSON.stringify(pick(random, NAMES)), jsonValue(random)] as const),
  ]);
}

function fieldValue(random: Random, key: string, initial: string): string {
  if (chance(random, 0.2)) return jsonValue(random);
  if (key === 'layers_pattern') return textOrList(random, () => patternText(random, 1));
  if (key.endsWith('_pattern')) {
    const entries = several(random, 8, () => [JSON.stringify(patternText(random)), numberText(random)] as const);
    return jsonObject(random, entries);
  }
  if (key === 'layers_to_transform') return textOrList(random, () => below(random, 80) - 4);
  if (/modules|parameters/.test(key)) return textOrList(random, () => pick(random, [moduleName, patternText])(random));
  if (/^(?:True|False|None)$/.test(initial)) return pick(random, ['true', 'false', 'null']);
  return /^'/.test(initial) ? JSON.stringify(initial.slice(1, -1)) : numberText(random);
}

function numberText(random: Random): string {
  return chance(random, 0.7) ? String(below(random, 65)) : pick(random, ['0', '-1', '0.5', '1e9', '1e300', 'null']);
}

function textOrList(random: Random, make: () => string | number): string {
  const entries = several(random, 8, () => JSON.stringify(make()));
  return chance(random, 0.3) ? (entries[0] ?? 'null') : jsonList(entries);
}

/** A config.json with some of its sizes changed, so that the model usually remains one. */
function modelText(random: Random, seed: string): string {
  const config = JSON.parse(seed) as Record<string, unknown>;
  const changes = Object.keys(config).filter(() => chance(random, 0.05));
  const entries = Object.entries(config).map(([key, value]) => {
    const text = changes.includes(key) ? pick(random, [jsonValue, numberText])(random) : JSON.stringify(value);
    return [JSON.stringify(key), text] as const;
  });
  return jsonObject(random, entries);
}

function encoded(random: Random, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return chance(random, 0.1) ? mutateBytes(random, bytes) : bytes;
}
