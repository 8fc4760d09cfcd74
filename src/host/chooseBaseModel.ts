import * as vscode from 'vscode';
import type { ModelChoice } from '../protocol/calculator';
import { CUSTOM_MODEL } from '../protocol/calculator';
import type { AdapterAnalyses } from './adapterAnalyses';
import { isAdapterConfig } from './adapterAnalyses';
import { getHubConfig, isOnHub } from './hubConfig';
import type { ModelConfigs } from './modelConfigs';
import type { PythonServices } from './pythonDocuments';
import { describePython, sourceOf } from './pythonDocuments';
import type { WorkerClient } from './workerClient';

interface Services {
  readonly analyses: AdapterAnalyses;
  readonly configs: ModelConfigs;
  readonly python: PythonServices;
  readonly worker: WorkerClient;
  /** The extension's own folder for all workspaces. */
  readonly storage: vscode.Uri;
}

/** "PEFT: Choose Base Model..." and "PEFT: Get config.json from the Hub": a lens or a fix passes the name, the palette takes it from the active editor. */
export function registerChooseBaseModel(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('peft.chooseBaseModel', (name?: unknown) => chooseBaseModel(services, name)),
    vscode.commands.registerCommand('peft.getHubConfig', (name?: unknown) => getConfig(services, name)),
  );
}

/** "PEFT: Get config.json from the Hub", for the name that was passed or that the active editor has. */
async function getConfig(services: Services, asked: unknown): Promise<void> {
  const name = typeof asked === 'string' ? asked : await nameToChoose(services);
  if (name !== null) await getHubConfig(services, name);
}

/** The base models that the file in the active editor names: adapter_config.json, or a Python program. */
async function namedModels({ analyses, python }: Services): Promise<readonly string[]> {
  const document = vscode.window.activeTextEditor?.document;
  if (!document) return [];
  if (isAdapterConfig(document)) {
    const wanted = (await analyses.of(document))?.wanted;
    return typeof wanted === 'string' ? [wanted] : [];
  }
  const source = document.languageId === 'python' ? sourceOf(document) : null;
  const program = source && (await describePython(source, python));
  return program ? (await python.planner.request('python/findings', program)).baseModels : [];
}

async function nameToChoose(services: Services): Promise<string | null> {
  const [first, ...others] = await namedModels(services);
  if (first === undefined) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Open an adapter_config.json or a Python program that names its base model first.'),
    );
    return null;
  }
  if (others.length === 0) return first;
  const title = vscode.l10n.t('The name to choose a model for');
  return (await vscode.window.showQuickPick([first, ...others], { title })) ?? null;
}

async function chooseBaseModel(services: Services, asked: unknown): Promise<void> {
  const { configs } = services;
  const name = typeof asked === 'string' ? asked : await nameToChoose(services);
  if (name === null) return;
  const browse: vscode.QuickPickItem = {
    label: vscode.l10n.t('Browse...'),
    description: vscode.l10n.t('The config.json of a model on this machine'),
    alwaysShow: true,
  };
  const fetch: vscode.QuickPickItem = {
    label: vscode.l10n.t('Get config.json from the Hub'),
    description: name,
    alwaysShow: true,
  };
  const choices = (await configs.choices('')).filter(({ id }) => id !== '' && id !== CUSTOM_MODEL);
  const items = choices.map((choice) =>
    choice.note
      ? { label: choice.label, kind: vscode.QuickPickItemKind.Separator }
      : { label: choice.label, description: choice.description, choice },
  );
  const picked: (vscode.QuickPickItem & { readonly choice?: ModelChoice }) | undefined =
    await vscode.window.showQuickPick([...(isOnHub(name) ? [fetch] : []), browse, ...items], {
      title: vscode.l10n.t('Base model for {0}', name),
      placeHolder: vscode.l10n.t('Its shapes are used wherever this name cannot be found'),
      matchOnDescription: true,
    });
  if (!picked) return;
  if (picked === fetch) return getHubConfig(services, name);
  if (picked.choice) return configs.choose(name, picked.choice.id);
  const [file] = (await vscode.window.showOpenDialog({ filters: { [vscode.l10n.t('Model config')]: ['json'] } })) ?? [];
  if (file?.scheme === 'file') await configs.chooseFile(name, file.fsPath);
}
