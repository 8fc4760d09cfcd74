import * as vscode from 'vscode';
import type { BudgetInputs } from '../protocol/calculator';
import type { ConfigAnalysis } from '../protocol/planner';
import type { AdapterAnalyses } from './adapterAnalyses';
import { isAdapterConfig } from './adapterAnalyses';
import type { Calculator } from './calculatorView';
import type { ModelConfigs } from './modelConfigs';

interface Services {
  readonly analyses: AdapterAnalyses;
  readonly configs: ModelConfigs;
  readonly calculator: Calculator;
}

/** The command of the lens that opens an adapter's settings in the calculator. */
export function registerPlanAdapter(services: Services): vscode.Disposable {
  return vscode.commands.registerCommand('peft.planAdapter', (uri?: unknown) => showPlan(services, uri));
}

async function showPlan({ analyses, configs, calculator }: Services, uri: unknown): Promise<void> {
  const document = await documentOf(uri);
  const analysis = document && (await analyses.of(document));
  await calculator.show(analysis ? await inputsOf(analysis, configs, calculator.inputs) : calculator.inputs);
}

/** A lens passes its file; from the palette the command applies to the active editor. */
async function documentOf(uri: unknown): Promise<vscode.TextDocument | null> {
  const document =
    uri instanceof vscode.Uri ? await vscode.workspace.openTextDocument(uri) : vscode.window.activeTextEditor?.document;
  return document && isAdapterConfig(document) ? document : null;
}

async function inputsOf(
  { settings, ...analysis }: ConfigAnalysis,
  configs: ModelConfigs,
  inputs: BudgetInputs,
): Promise<BudgetInputs> {
  const { rank, alpha, virtualTokens, targetsKey, targets } = settings;
  const length = virtualTokens === null ? {} : { [lengthField(analysis.method)]: String(virtualTokens) };
  const { standsInFor: _, ...others } = inputs;
  const found = await configs.idOf(analysis);
  // A base model that the calculator cannot open leaves its model in place of the adapter's.
  const standsInFor = found === null ? analysis.wanted : analysis.budget.standsInFor;
  return {
    ...others,
    basis: 'exact',
    model: found ?? inputs.model,
    ...(standsInFor !== null && { standsInFor }),
    method: {
      ...inputs.method,
      ...(rank !== null && { rank: String(rank) }),
      ...(alpha !== null && { alpha: String(alpha) }),
      ...length,
    },
    targets:
      targetsKey === ''
        ? inputs.targets
        : [...inputs.targets.filter(([key]) => key !== targetsKey), [targetsKey, targets]],
  };
}

function lengthField(method: string): 'prefixLength' | 'promptLength' {
  return method === 'PREFIX_TUNING' || method === 'CARTRIDGE' ? 'prefixLength' : 'promptLength';
}
