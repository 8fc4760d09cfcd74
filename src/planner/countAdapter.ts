/**
 * Counts an adapter on a model that was found. A model type without a table is counted from the headers of its weights.
 */

import type { Budget } from '../budget/computeBudget';
import { adapterTable, budgetOf } from '../budget/computeBudget';
import { isObject } from '../peftConfig/configValues';
import { oversizedKeys } from '../peftConfig/entryLimits';
import { BudgetError, ConfigError } from '../peftConfig/errors';
import type { ModuleTable } from '../budget/moduleTable';
import type { PacedMatching } from '../matrices/pacedMatching';
import { hasModuleTable } from '../budget/readModelShape';
import type { NamedShape } from '../budget/rows';
import { modelText } from '../text/modelText';
import type { AdapterBudget } from '../protocol/planner';
import type { FoundModel, Models } from './models/models';

export interface Counting {
  /** `null` if the model has no table. */
  readonly table: ModuleTable | null;
  readonly budget: Budget | null;
  /** The reason why `budget` is null. */
  readonly error: BudgetError | null;
}

export async function countOn(
  models: Models,
  model: FoundModel,
  adapterConfig: unknown,
  matching: PacedMatching,
): Promise<Counting> {
  const tensors = await tensorsFor(models, model);
  return matching.run(() => countTensors(model, tensors, adapterConfig));
}

function countTensors(model: FoundModel, tensors: readonly NamedShape[] | null, adapterConfig: unknown): Counting {
  let table: ModuleTable | null = null;
  try {
    if (!isObject(adapterConfig)) throw new ConfigError('(the adapter config)', adapterConfig, 'a JSON object');
    const [large] = oversizedKeys(adapterConfig);
    if (large) throw new ConfigError(large.key, large.got, large.expected);
    const laidOut = adapterTable(model.config, adapterConfig, tensors ? { tensors } : {});
    table = laidOut.table;
    return { table, budget: budgetOf(table, adapterConfig, laidOut.warnings), error: null };
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return { table, budget: null, error };
  }
}

/** The header of the model's weights, if its architecture has no module table; `null` if it has one. */
export async function tensorsFor(models: Models, model: FoundModel): Promise<readonly NamedShape[] | null> {
  return hasModuleTable(model.config) ? null : models.tensors(model);
}

export async function adapterBudget(
  models: Models,
  adapterConfig: unknown,
  model: FoundModel | null,
  matching: PacedMatching,
): Promise<AdapterBudget> {
  if (!model)
    return {
      modelTitle: null,
      standsInFor: null,
      counted: null,
      warnings: [],
      problem: 'The base model was not found.',
    };
  return asAdapterBudget(model, await countOn(models, model, adapterConfig, matching));
}

export function asAdapterBudget(model: FoundModel, { budget, error }: Counting): AdapterBudget {
  const named = { modelTitle: modelText(model), standsInFor: model.standsInFor };
  if (!budget) return { ...named, counted: null, warnings: [], problem: error?.message ?? '' };
  const { trainable, all, percent, fileBytes, warnings } = budget;
  return { ...named, counted: { trainable, all, percent, fileBytes }, warnings, problem: '' };
}
