import * as vscode from 'vscode';
import type { BudgetInputs, ModelChoice } from '../protocol/calculator';
import { CUSTOM_MODEL } from '../protocol/calculator';
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

/** The commands of the lenses: open an adapter's settings in the calculator, and choose a base model. */
export function registerPlanAdapter(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('peft.planAdapter', (uri?: unknown) => showPlan(services, uri)),
    vscode.commands.registerCommand('peft.chooseBaseModel', (name?: unknown) => chooseBaseModel(services, name)),
  );
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

async function chooseBaseModel({ configs, analyses }: Services, asked: unknown): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const active = editor && isAdapterConfig(editor.document) ? await analyses.of(editor.document) : null;
  const name = typeof asked === 'string' ? asked : (active?.wanted ?? null);
  if (name === null) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Open an adapter_config.json that names a base_model_name_or_path first.'),
    );
    return;
  }
  const browse: vscode.QuickPickItem = {
    label: vscode.l10n.t('Browse...'),
    description: vscode.l10n.t('The config.json of a model on this machine'),
    alwaysShow: true,
  };
  const choices = (await configs.choices('')).filter(({ id }) => id !== '' && id !== CUSTOM_MODEL);
  const items = choices.map((choice) =>
    choice.note
      ? { label: choice.label, kind: vscode.QuickPickItemKind.Separator }
      : { label: choice.label, description: choice.description, choice },
  );
  const picked: (vscode.QuickPickItem & { readonly choice?: ModelChoice }) | undefined =
    await vscode.window.showQuickPick([browse, ...items], {
      title: vscode.l10n.t('Base model for {0}', name),
      placeHolder: vscode.l10n.t('Its shapes are used wherever this name cannot be found'),
      matchOnDescription: true,
    });
  if (!picked) return;
  if (picked.choice) return configs.choose(name, picked.choice.id);
  const [file] = (await vscode.window.showOpenDialog({ filters: { [vscode.l10n.t('Model config')]: ['json'] } })) ?? [];
  if (file?.scheme === 'file') await configs.chooseFile(name, file.fsPath);
}
