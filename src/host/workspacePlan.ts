import type * as vscode from 'vscode';
import type { PlanStore } from './calculatorSession';
import { readPlan } from './planInputs';

const PLAN_KEY = 'peft.calculator.plan';

/** The plan in the workspace state, which also holds the calculator's other inputs. */
export function workspacePlan({ workspaceState }: vscode.ExtensionContext): PlanStore {
  return {
    read: () => readPlan(workspaceState.get(PLAN_KEY)),
    write: (plan) => void workspaceState.update(PLAN_KEY, plan),
  };
}
