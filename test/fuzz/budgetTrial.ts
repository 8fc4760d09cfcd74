/** Sends damaged configs through the budget engine. Each must give a count or a typed error, within a time limit. */

import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { computeBudget } from '../../src/budget/computeBudget';
import { BudgetError } from '../../src/peftConfig/errors';
import type { Random } from '../../src/tensor/random';
import { mutateJson, pick } from './mutate';
import { MAX_MS } from './trial';

interface ConfigPair {
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

export function mutatePair(random: Random, pairs: readonly ConfigPair[]): ConfigPair {
  let { model, adapter } = pick(random, pairs);
  if (random() < 0.7) adapter = mutateJson(random, adapter);
  if (random() < 0.7) model = mutateJson(random, model);
  return { model, adapter };
}

/** @returns the outcome, and what is wrong with it or `null` */
export function judgePair({ model, adapter }: ConfigPair): { readonly outcome: string; readonly fault: string | null } {
  let configs;
  try {
    configs = [JSON.parse(model), JSON.parse(adapter)] as const;
  } catch {
    return { outcome: 'no JSON', fault: null };
  }
  const start = performance.now();
  const used = process.cpuUsage();
  let outcome: string;
  let fault: string | null = null;
  try {
    const { trainable, all, fileBytes } = computeBudget(...configs);
    outcome = 'counted';
    const counts = [trainable, all, fileBytes];
    if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0)) fault = `counts ${counts.join(', ')}`;
  } catch (error) {
    outcome = error instanceof Error ? error.name : 'thrown';
    if (!(error instanceof BudgetError))
      fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { user, system } = process.cpuUsage(used);
  const ms = Math.min(performance.now() - start, (user + system) / 1000);
  return { outcome, fault: fault ?? (ms > MAX_MS ? `it took ${ms.toFixed(0)} ms, at most ${MAX_MS}` : null) };
}
