/** The settings of LoRA that the calculator and the plan share: one form has them, and the plan reads them. No DOM. */

import type { BudgetInputs, BudgetReport } from '../../../src/protocol/calculator';
import type { PlanInputs, Typed } from '../../../src/protocol/plan';

export interface SharedSettings {
  /** As typed, in PEFT's keys. */
  readonly values: Typed;
  /** Empty for PEFT's default. */
  readonly targets: readonly string[];
}

/** The method whose rank, alpha and targets the calculator has. */
const SHARING = 'LORA';
const SHARED_KEYS: ReadonlySet<string> = new Set(['r', 'lora_alpha']);

export const shares = (peftType: string): boolean => peftType === SHARING;

/** True for a setting that the plan takes from the calculator. */
export function isShared(peftType: string, key: string): boolean {
  return shares(peftType) && SHARED_KEYS.has(key);
}

export function sharedSettings(inputs: BudgetInputs, report: BudgetReport): SharedSettings {
  const { rank, alpha } = inputs.method;
  return {
    values: [
      ['r', rank],
      ['lora_alpha', alpha],
    ],
    targets: report.targets.filter(({ chosen }) => chosen).map(({ name }) => name),
  };
}

/** The plan with the calculator's settings in the place of its own. A plan of another method stays as it is. */
export function withShared(plan: PlanInputs, shared: SharedSettings | null): PlanInputs {
  if (!shared || !shares(plan.peftType)) return plan;
  const own = plan.values.filter(([key]) => !SHARED_KEYS.has(key));
  return {
    ...plan,
    values: [...own, ...shared.values.filter(([, text]) => text.trim() !== '')],
    targets: shared.targets,
  };
}
