import * as vscode from 'vscode';
import type { WorkerClient } from './workerClient';

/**
 * Saves a small file. The worker writes local files, so that one writer has the rules for links, permissions and files
 * that are being read. The editor writes to its virtual file systems.
 */
export async function saveDocument(
  worker: Pick<WorkerClient, 'request'>,
  target: vscode.Uri,
  bytes: Uint8Array,
): Promise<void> {
  if (target.scheme === 'file') await worker.request('file/write', { path: target.fsPath, bytes });
  else await vscode.workspace.fs.writeFile(target, bytes);
}
