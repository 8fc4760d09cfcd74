/** Making a model ready to be asked often: by sweeps, solvers and calculators. */

import type { RawConfig } from '../../peftConfig/configValues';
import { tableFor } from '../computeBudget';
import type { ModuleTable } from '../moduleTable';
import { blocksOf } from './blocks';

/**
 * The module table of a parsed config.json, to hand to `estimateTrainingMemory` and the rest in place of the config.
 * `adapterConfig` matters only for its `task_type`, which decides the head. Throws a `BudgetError`.
 */
export function prepareModel(modelConfig: unknown, adapterConfig: RawConfig | null = null): ModuleTable {
  const table = tableFor(modelConfig, adapterConfig);
  blocksOf(table);
  return table;
}
