import type * as vscode from 'vscode';

/** The last segment of the path, which names the file in tabs and messages. */
export function basename(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}
