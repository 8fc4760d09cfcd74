import * as vscode from 'vscode';
import type { OpenedSource } from '../protocol/worker';
import { InspectedSource } from './inspectedSource';
import type { InspectorServices } from './inspectorSession';
import { InspectorSession } from './inspectorSession';

export const INSPECTOR_VIEW_TYPE = 'peft.inspector';
/** For the index of a sharded checkpoint, which stays a text file unless asked for. */
const INDEX_VIEW_TYPE = 'peft.indexInspector';

/** An opened checkpoint file: one source for all its editors. */
class CheckpointDocument implements vscode.CustomDocument {
  readonly source: InspectedSource;
  private readonly sessions = new Set<InspectorSession>();
  private readonly watcher: vscode.FileSystemWatcher;

  constructor(
    readonly uri: vscode.Uri,
    services: InspectorServices,
  ) {
    this.source = new InspectedSource(services.worker, () => openCheckpoint(services, uri));
    const folder = vscode.Uri.joinPath(uri, '..');
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    const shards = name.endsWith('.index.json') ? ',*.safetensors' : '';
    const pattern = new vscode.RelativePattern(folder, `{${escapeGlob(name)},adapter_config.json${shards}}`);
    this.watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const changed = (): void => this.notify('changed');
    this.watcher.onDidChange(changed);
    this.watcher.onDidCreate(changed);
    this.watcher.onDidDelete((deleted) => this.notify(deleted.path === uri.path ? 'deleted' : 'changed'));
  }

  show(services: InspectorServices, panel: vscode.WebviewPanel): void {
    const session = new InspectorSession(services, this.source, panel, vscode.Uri.joinPath(this.uri, '..'));
    this.sessions.add(session);
    panel.onDidDispose(() => {
      this.sessions.delete(session);
      session.dispose();
    });
  }

  dispose(): void {
    this.watcher.dispose();
    this.source.dispose();
  }

  private notify(reason: 'changed' | 'deleted'): void {
    for (const session of this.sessions) session.notifyChanged(reason);
  }
}

async function openCheckpoint(services: InspectorServices, uri: vscode.Uri): Promise<OpenedSource> {
  // Ranges can be read from a file handle only; `fsPath` of another scheme would name some other file.
  if (uri.scheme !== 'file') throw new Error(vscode.l10n.t("Only local files can be opened by now, and this one is '{0}:'. Copy it to a local folder.", uri.scheme));
  return services.worker.request('checkpoint/open', { path: uri.fsPath });
}

function escapeGlob(name: string): string {
  return name.replace(/[[\]{}*?,]/g, '?');
}

/** Whatever the file is: one that cannot be shown says why, and how to convert it. */
export async function openInInspector(uri: vscode.Uri): Promise<void> {
  const viewType = uri.path.endsWith('.index.json') ? INDEX_VIEW_TYPE : INSPECTOR_VIEW_TYPE;
  await vscode.commands.executeCommand('vscode.openWith', uri, viewType);
}

export function registerInspectorEditor(services: InspectorServices): vscode.Disposable {
  const provider: vscode.CustomReadonlyEditorProvider<CheckpointDocument> = {
    openCustomDocument: (uri) => new CheckpointDocument(uri, services),
    resolveCustomEditor: (document, panel) => document.show(services, panel),
  };
  const options = { supportsMultipleEditorsPerDocument: true };
  return vscode.Disposable.from(
    vscode.window.registerCustomEditorProvider(INSPECTOR_VIEW_TYPE, provider, options),
    vscode.window.registerCustomEditorProvider(INDEX_VIEW_TYPE, provider, options),
    vscode.commands.registerCommand('peft.inspectFile', async (uri?: vscode.Uri) => {
      if (uri) await openInInspector(uri);
    }),
  );
}
