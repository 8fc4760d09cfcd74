import * as vscode from 'vscode';
import { besideOf } from './adapterFolders';
import type { AdapterFiles } from './adapterFolders';
import { INSPECTOR_VIEW_TYPE, openInInspector } from './inspectorEditor';

export function mainFile(adapter: AdapterFiles): vscode.Uri {
  const uri = adapter.weights ?? adapter.config ?? adapter.pickle;
  if (!uri) throw new Error('an adapter needs a file');
  return uri;
}

export async function openAdapter(adapter: AdapterFiles): Promise<void> {
  const weights = adapter.weights ?? (adapter.unsearched ? await unsearchedWeights(adapter) : null);
  if (weights) {
    await vscode.commands.executeCommand('vscode.openWith', weights, INSPECTOR_VIEW_TYPE);
    return;
  }
  if (adapter.config) await vscode.commands.executeCommand('vscode.open', adapter.config);
  if (adapter.pickle) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        'adapter_model.bin is a pickle. Loading a pickle can run code, so it is not opened. ' +
          'If you trust it, convert it: load the adapter with PEFT and call ' +
          'save_pretrained(folder, safe_serialization=True).',
      ),
    );
  }
}

async function unsearchedWeights(adapter: AdapterFiles): Promise<vscode.Uri | null> {
  const weights = besideOf(mainFile(adapter), 'adapter_model.safetensors');
  try {
    await vscode.workspace.fs.stat(weights);
    return weights;
  } catch {
    return null;
  }
}

export async function pickCheckpoint(): Promise<void> {
  const picked = await vscode.window.showOpenDialog({
    // Pickles are included so that the page can say how to convert one. They are never loaded.
    filters: { [vscode.l10n.t('Checkpoints')]: ['safetensors', 'gguf', 'json', 'bin', 'pt', 'pth', 'ckpt'] },
    title: vscode.l10n.t('Open a checkpoint in the PEFT Inspector'),
  });
  if (picked?.[0]) await openInInspector(picked[0]);
}
