import * as vscode from 'vscode';
import { CancelledError } from '../protocol/rpc';
import { cancellableTask } from './cancellableTask';
import { basename } from './uriNames';
import type { WorkerClient } from './workerClient';
import type { WorkerSource } from './workerSource';

/** Asks for a folder and saves the demo's trained LoRA layer there in PEFT's format. */
export async function saveDemoAdapter(worker: WorkerClient, demo: Pick<WorkerSource, 'use'>): Promise<void> {
  const parent = vscode.workspace.workspaceFolders?.[0]?.uri;
  const folder = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Save Demo Adapter: choose a folder'),
    saveLabel: vscode.l10n.t('Save Adapter'),
    ...(parent?.scheme === 'file' && { defaultUri: vscode.Uri.joinPath(parent, 'demo-lora') }),
  });
  if (!folder) return;
  if (folder.scheme !== 'file') {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('An adapter can only be saved to a local folder, not to {0}:', folder.scheme),
    );
    return;
  }
  const saved = await cancellableTask(vscode.l10n.t('Saving {0}', basename(folder)), async (task) => {
    try {
      return await demo.use((source) => worker.request('adapter/write', { source, folder: folder.fsPath }, task));
    } catch (error) {
      if (!(error instanceof CancelledError))
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      return null;
    }
  });
  const weights = saved?.[0];
  if (weights === undefined) return;
  const [open, reveal] = [vscode.l10n.t('Open'), vscode.l10n.t('Reveal in Explorer')];
  const message = vscode.l10n.t(
    "Saved the demo's LoRA layer in {0}. PEFT loads it onto a model with one 256 x 256 layer named 'linear'.",
    basename(folder),
  );
  const chosen = await vscode.window.showInformationMessage(message, open, reveal);
  const uri = vscode.Uri.file(weights);
  if (chosen === open) await vscode.commands.executeCommand('vscode.openWith', uri, 'peft.inspector');
  else if (chosen === reveal)
    await vscode.commands.executeCommand(
      vscode.workspace.getWorkspaceFolder(uri) ? 'revealInExplorer' : 'revealFileInOS',
      uri,
    );
}
