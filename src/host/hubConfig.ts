import * as vscode from 'vscode';
import { hubConfigLocation } from '../checkpoint/remoteLocation';
import { CancelledError } from '../protocol/rpc';
import { cancellableTask } from './cancellableTask';
import type { ModelConfigs } from './modelConfigs';
import type { WorkerClient } from './workerClient';

interface HubConfigServices {
  readonly configs: ModelConfigs;
  readonly worker: WorkerClient;
  /** Holds what was fetched, a folder for each model. */
  readonly storage: vscode.Uri;
}

/** Whether the Hub can have a model of this name. */
export function isOnHub(name: string): boolean {
  return hubConfigLocation(name) !== null;
}

/** The quick fix that fetches the config of a model; `null` for a name that the Hub cannot have. */
export function hubConfigFix(name: string): vscode.CodeAction | null {
  if (!isOnHub(name)) return null;
  const title = vscode.l10n.t('Get config.json from the Hub');
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.command = { command: 'peft.getHubConfig', title, arguments: [name] };
  return action;
}

/**
 * Fetches the model's config.json because the user clicked, keeps it in the extension's storage, and lets it stand for
 * the name from now on.
 */
export async function getHubConfig({ configs, worker, storage }: HubConfigServices, name: string): Promise<void> {
  const location = hubConfigLocation(name);
  if (location === null) {
    const message = vscode.l10n.t('{0} is not the name of a model on the Hugging Face Hub, which is owner/name.', name);
    void vscode.window.showErrorMessage(message);
    return;
  }
  // The folder is named as in the Hub's own cache, so that the model gets its title in the same way.
  const folder = vscode.Uri.joinPath(storage, 'hub', `models--${name.replace('/', '--')}`).fsPath;
  const path = await cancellableTask(vscode.l10n.t('Getting {0}', location), async (task) => {
    try {
      return await worker.request('hub/config', { location, folder }, task);
    } catch (error) {
      if (!(error instanceof CancelledError)) void offerToken(error instanceof Error ? error.message : String(error));
      return null;
    }
  });
  if (path === null) return;
  await configs.chooseFile(name, path);
  void vscode.window.showInformationMessage(vscode.l10n.t('Figures for {0} now come from its config.json.', name));
}

/** Gated models need a token, which the message then says. */
async function offerToken(message: string): Promise<void> {
  const set = vscode.l10n.t('Set Hugging Face Token');
  if ((await vscode.window.showErrorMessage(message, set)) === set)
    await vscode.commands.executeCommand('peft.setHubToken');
}
