import * as vscode from 'vscode';
import { CONFIG_FILE } from '../protocol/adapters';
import type { AdapterAnalyses } from './adapterAnalyses';

/** The path of the base model's config.json on this disk, as the lens over the adapter's config finds it; else `null`. */
export async function findBase(analyses: AdapterAnalyses, folder: vscode.Uri): Promise<string | null> {
  const config = vscode.Uri.joinPath(folder, CONFIG_FILE);
  try {
    await vscode.workspace.fs.stat(config);
  } catch {
    return null;
  }
  const analysis = await analyses.of(await vscode.workspace.openTextDocument(config));
  // A model that stands in for the one that was not found has other weights.
  return analysis && analysis.place !== 'elsewhere' ? analysis.path : null;
}

/** Asks for the base's weights; `null` if the user cancels. */
export async function askForBase(): Promise<string | null> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('The weights of the base model, or its config.json beside them'),
      openLabel: vscode.l10n.t('Compare'),
      filters: { [vscode.l10n.t('Checkpoints')]: ['safetensors', 'gguf', 'json'] },
    })) ?? [];
  return file?.scheme === 'file' ? file.fsPath : null;
}
