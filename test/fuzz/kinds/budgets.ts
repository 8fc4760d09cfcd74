/** Sends damaged configs through the budget engine. Each must give a count or a typed error. */

import { computeBudget } from '../../../src/budget/computeBudget';
import { BudgetError } from '../../../src/peftConfig/errors';
import type { Random } from '../../../src/tensor/random';
import { goldenPairs } from '../goldenPairs';
import type { ConfigPair } from '../goldenPairs';
import type { FuzzKind } from '../kind';
import { mutateJson, pick } from '../mutate';

export const budgets: FuzzKind = {
  name: 'budgets',
  cases: 10_000,
  maxBytes: null,
  load() {
    const pairs = goldenPairs();
    return (random) => {
      const pair = mutatePair(random, pairs);
      return { shown: pair.adapter, run: async () => count(pair) };
    };
  },
};

function mutatePair(random: Random, pairs: readonly ConfigPair[]): ConfigPair {
  let { model, adapter } = pick(random, pairs);
  if (random() < 0.7) adapter = mutateJson(random, adapter);
  if (random() < 0.7) model = mutateJson(random, model);
  return { model, adapter };
}

function count({ model, adapter }: ConfigPair): string {
  let configs;
  try {
    configs = [JSON.parse(model), JSON.parse(adapter)] as const;
  } catch {
    return 'no JSON';
  }
  try {
    const { trainable, all, fileBytes } = computeBudget(...configs);
    const counts = [trainable, all, fileBytes];
    if (!counts.every((each) => Number.isSafeInteger(each) && each >= 0))
      throw new Error(`counts ${counts.join(', ')}`);
    return 'counted';
  } catch (error) {
    if (error instanceof BudgetError) return error.name;
    throw error;
  }
}
