import * as vscode from 'vscode';
import { CancelledError } from '../protocol/rpc';
import type { OpenedSource } from '../protocol/worker';
import { cancellableTask } from './cancellableTask';
import { WorkerSource } from './workerSource';
import type { OpeningOptions } from './workerSource';
import type { InspectorServices } from './inspectorSession';
import { InspectorSession } from './inspectorSession';
import { remoteLocation } from './remoteDocuments';
import type { AskedAddresses } from './remoteDocuments';
import { basename } from './uriNames';

export const INSPECTOR_VIEW_TYPE = 'peft.inspector';
/** The editor for the index of a sharded checkpoint, which opens as text by default. */
const INDEX_VIEW_TYPE = 'peft.indexInspector';

/** An open checkpoint file. All its editors share one source. */
class CheckpointDocument implements vscode.CustomDocument {
  readonly source: WorkerSource;
  private readonly sessions = new Set<InspectorSession>();
  private readonly listening: vscode.Disposable;

  constructor(
    readonly uri: vscode.Uri,
    services: InspectorServices,
    asked: AskedAddresses,
  ) {
    const address = remoteLocation(uri);
    this.source = new WorkerSource(services.worker, (opening) => openInWorker(services, uri, address, opening), {
      shelf: services.shelf,
      held: () => (address === null || asked.has(address) ? null : address),
      release: () => address !== null && !asked.has(address) && asked.add(address),
      onChanged: () => this.notify('changed'),
    });
    // The worker opens the file while VS Code creates the page that will ask for it.
    if (uri.scheme === 'file') void this.source.snapshot();
    this.listening = address === null ? this.watch() : asked.onAdd((added) => added === address && this.release());
  }

  show(services: InspectorServices, panel: vscode.WebviewPanel): void {
    // Nothing can be saved next to a file on a server.
    const folder = remoteLocation(this.uri) === null ? vscode.Uri.joinPath(this.uri, '..') : undefined;
    const session = new InspectorSession(
      services,
      this.source,
      panel,
      folder,
      (report) => void services.verdicts.keep(this.uri, report),
    );
    this.sessions.add(session);
    panel.onDidDispose(() => {
      this.sessions.delete(session);
      session.dispose();
    });
  }

  dispose(): void {
    this.listening.dispose();
    this.source.dispose();
  }

  private watch(): vscode.Disposable {
    const folder = vscode.Uri.joinPath(this.uri, '..');
    const name = basename(this.uri);
    const shards = name.endsWith('.index.json') ? ',*.safetensors' : '';
    const pattern = new vscode.RelativePattern(folder, `{${escapeGlob(name)},adapter_config.json${shards}}`);
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const changed = (): void => this.notify('changed');
    watcher.onDidChange(changed);
    watcher.onDidCreate(changed);
    watcher.onDidDelete((deleted) => this.notify(deleted.path === this.uri.path ? 'deleted' : 'changed'));
    return watcher;
  }

  private notify(reason: 'changed' | 'deleted'): void {
    for (const session of this.sessions) session.notifyChanged(reason);
  }

  private release(): void {
    for (const session of this.sessions) session.notifyReleased();
  }
}

async function openInWorker(
  { worker }: InspectorServices,
  uri: vscode.Uri,
  address: string | null,
  opening: OpeningOptions,
): Promise<OpenedSource> {
  if (uri.scheme === 'file') return worker.request('checkpoint/open', { path: uri.fsPath }, opening);
  // `fsPath` would be the path of a different file if the scheme is another one.
  const path = address ?? uri.toString();
  return cancellableTask(vscode.l10n.t('Opening {0}', basename(uri)), async (task) => {
    try {
      const signal = AbortSignal.any([opening.signal, task.signal]);
      return await worker.request('checkpoint/open', { path }, { ...opening, signal });
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
      throw new Error(vscode.l10n.t('Opening was cancelled. Reload to try again.'), { cause: error });
    }
  });
}

function escapeGlob(name: string): string {
  return name.replace(/[[\]{}*?,]/g, '?');
}

/** Opens any file. The page of an unsupported one says why it cannot be shown and how to convert it. */
export async function openInInspector(uri: vscode.Uri): Promise<void> {
  const viewType = uri.path.endsWith('.index.json') ? INDEX_VIEW_TYPE : INSPECTOR_VIEW_TYPE;
  await vscode.commands.executeCommand('vscode.openWith', uri, viewType);
}

export function registerInspectorEditor(services: InspectorServices, asked: AskedAddresses): vscode.Disposable {
  const provider: vscode.CustomReadonlyEditorProvider<CheckpointDocument> = {
    openCustomDocument: (uri) => new CheckpointDocument(uri, services, asked),
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
