import * as vscode from 'vscode';
import { ADAPTER_FILES, configPlace, groupAdapters } from './adapterSearch';
import type { GroupedAdapters, GroupedFiles } from './adapterSearch';
import { EXCLUDED_FOLDERS } from './excludedFolders';

export type AdapterFiles = GroupedFiles<vscode.Uri>;

/** Each of the three searches stops here: 20,000 addresses take about 20 MB. */
const MAX_FILES = 20_000;

/** Finds adapters by the names of their files, sorted by folder and name. Reads nothing. */
export async function findAdapters(): Promise<GroupedAdapters<vscode.Uri>> {
  // One file more than is listed tells that there are more.
  const found = await Promise.all(
    ADAPTER_FILES.map((pattern) => vscode.workspace.findFiles(pattern, EXCLUDED_FOLDERS, MAX_FILES + 1)),
  );
  const shownFolder = (uri: vscode.Uri): string => vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..'));
  return groupAdapters(found, MAX_FILES, { sibling: besideOf, shownFolder });
}

/** The config of an adapter, which need not exist. */
export function configOf(adapter: AdapterFiles): vscode.Uri {
  return configPlace(adapter, besideOf);
}

export function besideOf(file: vscode.Uri, name: string): vscode.Uri {
  return vscode.Uri.joinPath(file, '..', name);
}
