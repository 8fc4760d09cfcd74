/** Trainable parameters against memory: every method at its defaults, and ranks of the planned method. */

import type { RawConfig } from '../../peftConfig/configValues';
import { gpuBytes } from '../../budget/gpus';
import { readTrainingSetup } from '../../budget/memory/setup';
import { estimateTrainingMemory } from '../../budget/memory/training';
import { METHOD_KEYS } from '../../peftConfig/methodKeys';
import { methodName } from '../../text/methodNames';
import type { PlanInputs, PlanPoint, PlanSweep } from '../../protocol/plan';
import type { BudgetModel } from '../calculator/budgetReport';
import { planChoices, SETUP_FIELDS } from './planChoices';
import { methodFields, typedValues } from './planFields';
import { planTable, taskTypeOf } from './planModel';
import { planConfig } from './planReport';
import { attempt } from '../attempt';

/** The ranks of published adapters, from the smallest to the largest. */
const SWEPT_RANKS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

const NOTHING: PlanSweep = { methods: [], planned: null, ranks: [], gpu: null };
/** PEFT no longer has this method, so the chart leaves it out. */
const REMOVED = 'BONE';

/** One point for each method that can be estimated on the model, and one for each rank of the planned method. */
export function planSweep(inputs: PlanInputs, model: BudgetModel): PlanSweep {
  if (!('config' in model)) return NOTHING;
  const { config: modelConfig } = model;
  const task = attempt(() => ({ type: taskTypeOf(modelConfig) }));
  if (!task) return NOTHING;
  const point = (label: string, rank: number | null, config: RawConfig | null): PlanPoint[] => {
    const made = attempt(() => {
      const setup = readTrainingSetup(typedValues(inputs.setup, SETUP_FIELDS));
      const { trainable, deviceBytes, warnings } = estimateTrainingMemory(
        planTable(modelConfig, task.type),
        config,
        setup,
      );
      // An estimate that leaves something out would put its method in the wrong place.
      const whole = !warnings.some((warning) => warning.includes('not modelled; only'));
      return whole ? [{ label, rank, trainable, bytes: deviceBytes }] : [];
    });
    return made ?? [];
  };
  const methods = Object.keys(METHOD_KEYS).flatMap((peftType) => {
    if (peftType === REMOVED) return [];
    const values = methodFields(peftType).flatMap(({ key, start }): [string, string][] =>
      start === '' ? [] : [[key, start]],
    );
    return point(methodName(peftType), null, planConfig({ ...inputs, peftType, values, targets: [] }, task.type));
  });
  const key = Object.hasOwn(METHOD_KEYS[inputs.peftType] ?? {}, 'init_r') ? 'init_r' : 'r';
  const ranked = Object.hasOwn(METHOD_KEYS[inputs.peftType] ?? {}, key);
  const ranks = !ranked
    ? []
    : SWEPT_RANKS.flatMap((rank) => point(`${key} = ${rank}`, rank, { ...planConfig(inputs, task.type), [key]: rank }));
  const planned = point(`Your plan: ${methodName(inputs.peftType)}`, null, planConfig(inputs, task.type))[0] ?? null;
  return { methods: [...methods, ...point('Full fine-tuning', null, null)], planned, ranks, gpu: gpuOf(inputs.gpu) };
}

function gpuOf(id: string): PlanSweep['gpu'] {
  const known = planChoices().gpus.find((gpu) => gpu.id === id);
  if (known) return { label: known.label, bytes: known.bytes };
  const bytes = id.trim() === '' ? null : gpuBytes(id);
  return bytes === null ? null : { label: id, bytes };
}
