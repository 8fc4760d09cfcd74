/** Prepares a model for repeated estimates: sweeps, solvers and calculators. */

import type { RawConfig } from '../../peftConfig/configValues';
import { tableFor } from '../computeBudget';
import type { ModuleTable } from '../moduleTable';
import { blocksOf } from './blocks';

/**
 * The module table of a parsed config.json. The estimates and the solver accept it instead of the config. Only the
 * `task_type` of `adapterConfig` matters, because it decides the head. Throws a `BudgetError`.
 */
export function prepareModel(modelConfig: unknown, adapterConfig: RawConfig | null = null): ModuleTable {
  const table = tableFor(modelConfig, adapterConfig);
  blocksOf(table);
  return table;
}
