/** Trainable parameters against memory: every method at its defaults, and ranks of the one that is planned. */

import type { RawConfig } from '../../budget/config';
import { readTrainingSetup } from '../../budget/memory/setup';
import { estimateTrainingMemory } from '../../budget/memory/training';
import { METHOD_KEYS } from '../../budget/peftConfig/methodKeys';
import type { PlanInputs, PlanPoint, PlanSweep } from '../../protocol/plan';
import type { BudgetModel } from './budgetReport';
import { SETUP_FIELDS } from './planChoices';
import { methodFields, typedValues } from './planFields';
import { planTable, taskTypeOf } from './planModel';
import { attempt, planConfig } from './planReport';

/** The optimiser and the rest of a step need at least a rank; beyond these a sweep tells nothing new. */
const SWEPT_RANKS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** One point for each method that can be counted on the model with its defaults, and ranks of the one that is planned. */
export function planSweep(inputs: PlanInputs, model: BudgetModel): PlanSweep {
  if (!('config' in model)) return { methods: [], ranks: [] };
  const { config: modelConfig } = model;
  const task = attempt(() => ({ type: taskTypeOf(modelConfig) }));
  if (typeof task === 'string') return { methods: [], ranks: [] };
  const point = (label: string, rank: number | null, config: RawConfig | null): PlanPoint[] => {
    const made = attempt(() => {
      const setup = readTrainingSetup(typedValues(inputs.setup, SETUP_FIELDS));
      const { trainable, deviceBytes } = estimateTrainingMemory(planTable(modelConfig, task.type), config, setup);
      return { label, rank, trainable, bytes: deviceBytes };
    });
    return typeof made === 'string' ? [] : [made];
  };
  const methods = Object.keys(METHOD_KEYS).flatMap((peftType) => {
    const values = methodFields(peftType).flatMap(({ key, start }): [string, string][] => (start === '' ? [] : [[key, start]]));
    return point(peftType, null, planConfig({ ...inputs, peftType, values, targets: [] }, task.type));
  });
  const key = Object.hasOwn(METHOD_KEYS[inputs.peftType] ?? {}, 'init_r') ? 'init_r' : 'r';
  const ranked = Object.hasOwn(METHOD_KEYS[inputs.peftType] ?? {}, key);
  const ranks = !ranked
    ? []
    : SWEPT_RANKS.flatMap((rank) => point(`${key} = ${rank}`, rank, { ...planConfig(inputs, task.type), [key]: rank }));
  return { methods: [...methods, ...point('Full fine-tuning', null, null)], ranks };
}
