import type * as vscode from 'vscode';

/** Installed packages and caches. */
const NAMES: readonly string[] = ['node_modules', '.git', '.venv', 'venv', '__pycache__'];

/** Folders that a search of the workspace leaves out. */
export const EXCLUDED_FOLDERS = `**/{${NAMES.join(',')}}/**`;

/** Whether the path is that of such a folder, or lies in one. */
export function isExcludedFolder({ path }: vscode.Uri): boolean {
  return path.split('/').some((name) => NAMES.includes(name));
}
