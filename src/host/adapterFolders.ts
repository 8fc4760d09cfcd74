import * as vscode from 'vscode';
import type { AdapterFiles as FoundFiles, AdapterSearch, EditorFolder, SearchedFolder } from '../protocol/adapters';
import { CONFIG_FILE, MAX_ADAPTERS, PICKLE_FILE } from '../protocol/adapters';
import { EXCLUDED_FOLDERS } from './excludedFolders';

/** The files of an adapter in the workspace. */
export interface AdapterFiles {
  /** The weights file; `null` if the folder has only a config or a pickle. */
  readonly weights: vscode.Uri | null;
  /** The place of the config. Beside weights the file may be missing. */
  readonly config: vscode.Uri | null;
  /** A pickle in the config's folder. The extension shows its name but never opens it. */
  readonly pickle: vscode.Uri | null;
  /** True if the search for weights stopped before it found all, so that there may be weights. */
  readonly unsearched: boolean;
  readonly name: string;
}

const WEIGHTS = '**/{adapter_model,adapters,pytorch_lora_weights,*lora*,*LoRA*}.safetensors';

/** Globs of the files that `isAdapterName` accepts. */
export const ADAPTER_FILES = [WEIGHTS, `**/${CONFIG_FILE}`, `**/${PICKLE_FILE}`] as const;

const SETTINGS = ['files.exclude', 'search.followSymlinks'] as const;

/** Whether other files may be found than before. */
export function changesSearch(event: vscode.ConfigurationChangeEvent): boolean {
  return SETTINGS.some((setting) => event.affectsConfiguration(setting));
}

/** What the planner searches for adapters. It walks the folders on the local disk itself, far faster than the editor. */
export async function adapterSearch(revision: number): Promise<AdapterSearch> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const searched = folders.map(async (folder): Promise<SearchedFolder | EditorFolder> => {
    const prefix = folders.length > 1 ? folder.name : '';
    return folder.uri.scheme === 'file'
      ? { path: folder.uri.fsPath, prefix, ...searchSettings(folder.uri) }
      : { uri: folder.uri.toString(), prefix, ...(await findFiles(folder)) };
  });
  return { revision, folders: await Promise.all(searched) };
}

/** The settings that apply to the editor's own search. */
function searchSettings(folder: vscode.Uri): Pick<SearchedFolder, 'excluded' | 'followLinks'> {
  const [exclude, follow] = SETTINGS.map((setting) =>
    vscode.workspace.getConfiguration(undefined, folder).get(setting),
  );
  // A value that is not true names a sibling that must exist, and no adapter is generated from a sibling.
  const hidden = Object.entries(exclude ?? {}).flatMap(([glob, value]) => (value === true ? [glob] : []));
  return { excluded: [EXCLUDED_FOLDERS, ...hidden], followLinks: follow !== false };
}

async function findFiles(folder: vscode.WorkspaceFolder): Promise<Pick<EditorFolder, 'files' | 'stopped'>> {
  const found = await Promise.all(
    ADAPTER_FILES.map((glob) =>
      // One file more than is listed tells that there are more.
      vscode.workspace.findFiles(new vscode.RelativePattern(folder, glob), EXCLUDED_FOLDERS, MAX_ADAPTERS + 1),
    ),
  );
  const files = found.flatMap((uris) => uris.slice(0, MAX_ADAPTERS).map((uri) => uri.toString()));
  return { files, stopped: found.some(({ length }) => length > MAX_ADAPTERS) };
}

export function asAdapter({ place, weights, config, pickle, unsearched, name }: FoundFiles): AdapterFiles {
  const folder = 'path' in place ? vscode.Uri.file(place.path) : vscode.Uri.parse(place.uri, true);
  return {
    weights: weights === null ? null : vscode.Uri.joinPath(folder, weights),
    config: config || weights !== null ? vscode.Uri.joinPath(folder, CONFIG_FILE) : null,
    pickle: pickle && weights === null ? vscode.Uri.joinPath(folder, PICKLE_FILE) : null,
    unsearched,
    name,
  };
}

export function besideOf(file: vscode.Uri, name: string): vscode.Uri {
  return vscode.Uri.joinPath(file, '..', name);
}
