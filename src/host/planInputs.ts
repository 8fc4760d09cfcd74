/** The plan of the calculator: what it is at first, and as it is read back from storage. */

import type * as vscode from 'vscode';
import type { PlanInputs, Typed } from '../protocol/plan';

/** Workspace state, as for the calculator's other inputs. */
const PLAN_KEY = 'peft.calculator.plan';

/** Longest text kept of a field; a pasted claim is a few lines. */
const MAX_TYPED = 64;
const MAX_CLAIM = 4000;
/** Settings of a plan, and targets: far above what there is. */
const MAX_LIST = 200;

export function planInputs(context: vscode.ExtensionContext): PlanInputs {
  return readPlan(context.workspaceState.get(PLAN_KEY));
}

export function keepPlan(context: vscode.ExtensionContext, plan: PlanInputs): void {
  void context.workspaceState.update(PLAN_KEY, plan);
}

/** Stored or sent inputs of any shape: what is missing or of the wrong kind becomes the default. */
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
