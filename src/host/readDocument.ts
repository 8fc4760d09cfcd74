import * as vscode from 'vscode';

interface ReadDocument {
  /** `null` if the file has more bytes than the limit. */
  readonly bytes: Uint8Array | null;
  readonly size: number;
  /** Modification time, in ms since the epoch. */
  readonly modified: number;
}

/**
 * Reads a file of a virtual file system as far as the editor's interface can be bounded: it reports type and size
 * before, reads whole files only, and cannot be stopped. Rejects with the signal's reason while it still reads.
 */
export async function readDocument(uri: vscode.Uri, limit: number, signal: AbortSignal): Promise<ReadDocument> {
  const { type, size, mtime: modified } = await unlessAborted(vscode.workspace.fs.stat(uri), signal);
  if ((type & vscode.FileType.File) === 0) throw new Error(`${uri.toString()} is not a file`);
  if (size > limit) return { bytes: null, size, modified };
  const bytes = await unlessAborted(vscode.workspace.fs.readFile(uri), signal);
  // Some file systems do not report a size.
  return { bytes: bytes.length > limit ? null : bytes, size: bytes.length, modified };
}

function unlessAborted<T>(work: Thenable<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    work.then(resolve, reject);
  });
}
