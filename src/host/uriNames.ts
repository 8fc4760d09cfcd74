import type * as vscode from 'vscode';

/** The last segment of the path: what a tab or a message calls the file. */
export function basename(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}
