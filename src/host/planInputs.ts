/** The calculator's plan: its initial values, and how it is read back from storage. */

import type { PlanInputs, Typed } from '../protocol/plan';

/** The longest text stored for a field. A pasted claim has a few lines. */
const MAX_TYPED = 64;
const MAX_CLAIM = 4000;
/** Limit on stored settings, and on stored targets: far more than any method has. */
const MAX_LIST = 200;

/** Reads stored or received inputs of any shape. A missing value, or one of the wrong type, becomes the default. */
export function readPlan(stored: unknown): PlanInputs {
  const plan = typeof stored === 'object' && stored !== null ? (stored as Readonly<Record<string, unknown>>) : {};
  const text = (key: string, initial: string, limit: number): string =>
    typeof plan[key] === 'string' ? plan[key].slice(0, limit) : initial;
  const targets = Array.isArray(plan['targets']) ? plan['targets'] : [];
  return {
    peftType: text('peftType', 'LORA', MAX_TYPED),
    values: typed(plan['values']),
    targets: targets.filter((each): each is string => typeof each === 'string').slice(0, MAX_LIST),
    purpose: plan['purpose'] === 'inference' ? 'inference' : 'training',
    setup: typed(plan['setup']),
    inference: typed(plan['inference']),
    gpu: text('gpu', 'rtx-4090', MAX_TYPED),
    claim: text('claim', '', MAX_CLAIM),
  };
}

function typed(stored: unknown): Typed {
  if (!Array.isArray(stored)) return [];
  const pairs = stored.filter(
    (entry): entry is [string, string] =>
      Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'string',
  );
  return pairs.slice(0, MAX_LIST).map(([key, value]) => [key, value.slice(0, MAX_TYPED)]);
}
