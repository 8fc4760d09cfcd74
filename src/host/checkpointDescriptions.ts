import * as vscode from 'vscode';
import { unpackDescription } from '../protocol/packedDescription';
import type { SourceDescription } from '../protocol/source';
import type { WorkerClient } from './workerClient';

/** Descriptions of checkpoints for hovers: kept until the file changes. */
export class CheckpointDescriptions {
  private readonly known = new Map<
    string,
    { readonly stamp: string; readonly description: Promise<SourceDescription | null> }
  >();

  constructor(private readonly worker: WorkerClient) {}

  /** Null where there is no such local file or nothing of it can be read. */
  async describe(uri: vscode.Uri): Promise<SourceDescription | null> {
    if (uri.scheme !== 'file') return null;
    try {
      const { size, mtime } = await vscode.workspace.fs.stat(uri);
      const stamp = `${size}:${mtime}`;
      const known = this.known.get(uri.toString());
      if (known?.stamp === stamp) return await known.description;
      const description = this.read(uri);
      this.known.set(uri.toString(), { stamp, description });
      return await description;
    } catch {
      return null;
    }
  }

  private async read(uri: vscode.Uri): Promise<SourceDescription | null> {
    try {
      const { source, description } = await this.worker.request('checkpoint/open', { path: uri.fsPath });
      await this.worker.request('source/close', { source });
      return await unpackDescription(description);
    } catch {
      this.known.delete(uri.toString());
      return null;
    }
  }
}
