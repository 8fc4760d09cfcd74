import * as vscode from 'vscode';
import type { BaseComparison } from '../protocol/baseComparison';
import type { FindingsReport } from '../protocol/findings';
import type { InspectorEvents, InspectorRequests } from '../protocol/inspector';
import type { MatrixRequests } from '../protocol/matrix';
import type { Handlers, RequestContext } from '../protocol/rpc';
import { CancelledError, Endpoint } from '../protocol/rpc';
import { cancellableTask } from './cancellableTask';
import { askForBase } from './findBase';
import type { SourceShelf } from './sourceShelf';
import type { Verdicts } from './verdicts';
import type { WorkerSource } from './workerSource';
import { saveDocument } from './saveDocument';
import { translatedReport } from './translated';
import { basename } from './uriNames';
import { webviewHtml, webviewOptions } from './webviewHtml';
import { webviewTransport } from './webviewTransport';
import type { WorkerClient } from './workerClient';

type NoRequests = Record<never, never>;

export interface InspectorServices {
  readonly extensionUri: vscode.Uri;
  readonly worker: WorkerClient;
  /** Limits the memory of all sources that are open. */
  readonly shelf: SourceShelf;
  /** What the reports said, for the list of adapters. */
  readonly verdicts: Verdicts;
  /** The path of the config.json of the base of the adapter in a folder; `null` if it is not on this disk. */
  readonly findBase: (folder: vscode.Uri) => Promise<string | null>;
}

/** Connects one inspector webview to its source: forwards requests to the worker and does what only the host can. */
export class InspectorSession implements vscode.Disposable {
  private readonly endpoint: Endpoint<NoRequests, InspectorRequests, InspectorEvents>;

  /** A save dialog starts in `folder`. `onReport` gets each report on the source. */
  constructor(
    private readonly services: InspectorServices,
    private readonly source: WorkerSource,
    panel: vscode.WebviewPanel,
    private readonly folder: vscode.Uri | undefined,
    private readonly onReport?: (report: FindingsReport) => void,
  ) {
    panel.webview.options = webviewOptions(services.extensionUri);
    this.endpoint = new Endpoint<NoRequests, InspectorRequests, InspectorEvents>(
      webviewTransport(panel.webview),
      this.handlers(),
    );
    panel.webview.html = webviewHtml(panel.webview, services.extensionUri, 'inspector', panel.title);
  }

  notifyChanged(reason: 'changed' | 'deleted'): void {
    this.endpoint.emit('source/changed', { reason });
  }

  notifyReleased(): void {
    this.endpoint.emit('source/released', {});
  }

  dispose(): void {
    this.endpoint.dispose('the inspector was closed');
  }

  private handlers(): Handlers<InspectorRequests> {
    return {
      'view/ready': () => this.source.snapshot(),
      'source/reload': () => this.source.reload(),
      'tile/read': this.forward('tile/read'),
      'cell/read': this.forward('cell/read'),
      'cell/find': this.forward('cell/find'),
      'matrix/statistics': this.forward('matrix/statistics'),
      'tensors/scan': this.forward('tensors/scan'),
      'lora/products': this.forward('lora/products'),
      'lora/spectrum': this.forward('lora/spectrum'),
      'lora/metrics': this.forward('lora/metrics'),
      'methods/overview': this.forward('methods/overview'),
      'base/compare': (params, context) => this.compareWithBase(params, context),
      'findings/read': (params, context) => this.readFindings(params, context),
      'matrix/export': (params) => this.exportMatrix(params),
      'picture/save': ({ png, suggestedName }) => this.saveFile(suggestedName, { PNG: ['png'] }, png),
      'table/save': ({ text, suggestedName }) =>
        this.saveFile(suggestedName, { CSV: ['csv'] }, new TextEncoder().encode(text)),
      'clipboard/write': async ({ text }) => vscode.env.clipboard.writeText(text),
    };
  }

  private forward<M extends keyof MatrixRequests & string>(method: M): Handlers<MatrixRequests>[M] {
    const handler = (params: never, context: RequestContext): unknown =>
      this.source.request(method, params, { signal: context.signal, onProgress: context.progress });
    return handler as Handlers<MatrixRequests>[M];
  }

  private async readFindings(
    params: { readonly values: boolean },
    { signal, progress }: RequestContext,
  ): Promise<FindingsReport<string>> {
    const report = await this.source.request('findings/read', params, { signal, onProgress: progress });
    this.onReport?.(report);
    return translatedReport(report);
  }

  private async compareWithBase(
    { choose }: { readonly choose: boolean },
    { signal, progress }: RequestContext,
  ): Promise<BaseComparison | null> {
    const found = this.folder ? () => this.services.findBase(this.folder!) : async () => null;
    const base = await (choose ? askForBase() : found());
    return base === null ? null : this.source.request('lora/base', { base }, { signal, onProgress: progress });
  }

  private async exportMatrix({
    matrix,
    format,
    suggestedName,
  }: Parameters<InspectorRequests['matrix/export']>[0]): Promise<string | null> {
    const target = await this.askWhere(suggestedName, format === 'csv' ? { CSV: ['csv'] } : { NumPy: ['npy'] });
    if (!target) return null;
    if (target.scheme !== 'file')
      throw new Error(vscode.l10n.t('A matrix can only be saved to a local file, not to {0}:', target.scheme));
    return cancellableTask(vscode.l10n.t('Saving {0}', basename(target)), async (task) => {
      try {
        await this.source.use((source) =>
          this.services.worker.request('matrix/write', { source, matrix, format, path: target.fsPath }, task),
        );
        return basename(target);
      } catch (error) {
        if (error instanceof CancelledError) return null;
        throw error;
      }
    });
  }

  private async saveFile(
    suggestedName: string,
    filters: Record<string, string[]>,
    bytes: Uint8Array,
  ): Promise<string | null> {
    const target = await this.askWhere(suggestedName, filters);
    if (!target) return null;
    await saveDocument(this.services.worker, target, bytes);
    return basename(target);
  }

  private askWhere(suggestedName: string, filters: Record<string, string[]>): Thenable<vscode.Uri | undefined> {
    // The name contains tensor names, which may hold any character.
    const name = suggestedName.replace(/[^\w.+-]+/g, '_').slice(-120);
    const folder = this.folder ?? vscode.workspace.workspaceFolders?.[0]?.uri;
    return vscode.window.showSaveDialog({ filters, ...(folder && { defaultUri: vscode.Uri.joinPath(folder, name) }) });
  }
}
