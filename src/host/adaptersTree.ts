import * as vscode from 'vscode';
import type { AdapterEntry } from './adapterFolders';
import { ADAPTER_FILES, findAdapters } from './adapterFolders';
import { INSPECTOR_VIEW_TYPE, openInInspector } from './inspectorEditor';

/** A training run writes several files when it saves, so the search waits until they are done. */
const REFRESH_DELAY_MS = 300;

class AdaptersTree implements vscode.TreeDataProvider<AdapterEntry>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly watchers = ADAPTER_FILES.map((pattern) => vscode.workspace.createFileSystemWatcher(pattern));
  private timer: NodeJS.Timeout | undefined;

  constructor() {
    for (const watcher of this.watchers) {
      watcher.onDidCreate(() => this.refreshSoon());
      watcher.onDidChange(() => this.refreshSoon());
      watcher.onDidDelete(() => this.refreshSoon());
    }
  }

  refresh(): void {
    this.changed.fire();
  }

  getChildren(parent?: AdapterEntry): Promise<AdapterEntry[]> | AdapterEntry[] {
    return parent ? [] : findAdapters();
  }

  getTreeItem(adapter: AdapterEntry): vscode.TreeItem {
    const item = new vscode.TreeItem(adapter.name);
    const state = adapter.weights
      ? ''
      : adapter.pickle
        ? vscode.l10n.t('pickle, not opened')
        : vscode.l10n.t('no weights');
    item.description = [adapter.method, adapter.baseModel, state].filter(Boolean).join(' · ');
    item.iconPath = new vscode.ThemeIcon(adapter.weights ? 'layers' : 'warning');
    item.contextValue = 'adapter';
    item.tooltip = [mainFile(adapter).fsPath, adapter.method, adapter.baseModel, state].filter(Boolean).join('\n');
    item.accessibilityInformation = { label: [adapter.name, item.description].join(', ') };
    item.command = { command: 'peft.openAdapter', title: vscode.l10n.t('Open in Inspector'), arguments: [adapter] };
    return item;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.changed.dispose();
    for (const watcher of this.watchers) watcher.dispose();
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), REFRESH_DELAY_MS);
  }
}

function mainFile(adapter: AdapterEntry): vscode.Uri {
  const uri = adapter.weights ?? adapter.config ?? adapter.pickle;
  if (!uri) throw new Error('an adapter needs a file');
  return uri;
}

async function openAdapter(adapter: AdapterEntry): Promise<void> {
  if (adapter.weights) {
    await vscode.commands.executeCommand('vscode.openWith', adapter.weights, INSPECTOR_VIEW_TYPE);
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

async function pickCheckpoint(): Promise<void> {
  const picked = await vscode.window.showOpenDialog({
    // Pickles are included so that the page can say how to convert one. They are never loaded.
    filters: { [vscode.l10n.t('Checkpoints')]: ['safetensors', 'gguf', 'json', 'bin', 'pt', 'pth', 'ckpt'] },
    title: vscode.l10n.t('Open a checkpoint in the PEFT Inspector'),
  });
  if (picked?.[0]) await openInInspector(picked[0]);
}

export function registerAdaptersTree(): vscode.Disposable {
  const tree = new AdaptersTree();
  const view = vscode.window.createTreeView('peft.adapters', { treeDataProvider: tree });
  return vscode.Disposable.from(
    tree,
    view,
    vscode.workspace.onDidChangeWorkspaceFolders(() => tree.refresh()),
    vscode.commands.registerCommand('peft.refreshAdapters', () => tree.refresh()),
    vscode.commands.registerCommand('peft.openCheckpoint', pickCheckpoint),
    // A command from the keyboard gets no row as its argument, so it applies to the selected row.
    vscode.commands.registerCommand(
      'peft.openAdapter',
      async (adapter = view.selection[0]) => adapter && openAdapter(adapter),
    ),
    vscode.commands.registerCommand(
      'peft.revealAdapter',
      async (adapter = view.selection[0]) =>
        adapter && vscode.commands.executeCommand('revealInExplorer', mainFile(adapter)),
    ),
    vscode.commands.registerCommand(
      'peft.copyAdapterPath',
      async (adapter = view.selection[0]) => adapter && vscode.env.clipboard.writeText(mainFile(adapter).fsPath),
    ),
  );
}
