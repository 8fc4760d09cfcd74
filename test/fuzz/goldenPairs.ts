/** Configs of adapters and models whose counts were computed with PEFT. */

import { readFileSync } from 'node:fs';
import * as path from 'node:path';

export interface ConfigPair {
  readonly model: string;
  readonly adapter: string;
}

/** The golden rows, each with its model's config. */
export function goldenPairs(): ConfigPair[] {
  const read = (name: string): { model: string; config: unknown; adapter_config: unknown }[] =>
    JSON.parse(readFileSync(path.resolve(process.cwd(), 'test/fixtures/golden', name), 'utf8')) as never;
  const models = new Map(read('model_tables.json').map(({ model, config }) => [model, JSON.stringify(config)]));
  return read('budget_computed.json').flatMap(({ model, adapter_config }) => {
    const config = models.get(model);
    return config === undefined ? [] : [{ model: config, adapter: JSON.stringify(adapter_config) }];
  });
}
