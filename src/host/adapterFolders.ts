import * as vscode from 'vscode';
import { compareNames } from '../text/nameOrder';
import { EXCLUDED_FOLDERS } from './excludedFolders';
import { basename } from './uriNames';

/** The files of an adapter in the workspace. */
export interface AdapterFiles {
  /** The weights file; `null` if the folder has only a config. */
  readonly weights: vscode.Uri | null;
  /** The place of the config. Beside weights the file may be missing. */
  readonly config: vscode.Uri | null;
  /** A pickle in the config's folder. The extension shows its name but never opens it. */
  readonly pickle: vscode.Uri | null;
  /** True if the search for weights stopped before it found all, so that there may be weights. */
  readonly unsearched?: boolean;
  readonly name: string;
  /** The folder, relative to the workspace. */
  readonly folder: string;
}

interface FoundAdapters {
  readonly adapters: readonly AdapterFiles[];
  /** Number of files at which a search stopped; `null` if all were found. */
  readonly stoppedAt: number | null;
}

/** Each of the three searches stops here: 20,000 addresses take about 20 MB. */
const MAX_FILES = 20_000;

const WEIGHTS = '**/{adapter_model,adapters,pytorch_lora_weights,*lora*,*LoRA*}.safetensors';
const CONFIGS = '**/adapter_config.json';
const PICKLES = '**/adapter_model.bin';

export const ADAPTER_FILES = [WEIGHTS, CONFIGS, PICKLES] as const;

/** Finds adapters by the names of their files, sorted by folder and name. Reads nothing. */
export async function findAdapters(): Promise<FoundAdapters> {
  // One file more than is listed tells that there are more.
  const found = await Promise.all(
    ADAPTER_FILES.map((pattern) => vscode.workspace.findFiles(pattern, EXCLUDED_FOLDERS, MAX_FILES + 1)),
  );
  const [weights = [], configs = [], pickles = []] = found.map((uris) => uris.slice(0, MAX_FILES));
  const withWeights = new Set(weights.map(folderKey));
  const others = new Map<string, { config?: vscode.Uri; pickle?: vscode.Uri }>();
  for (const [key, uris] of [
    ['config', configs],
    ['pickle', pickles],
  ] as const)
    for (const uri of uris) {
      const folder = folderKey(uri);
      if (!withWeights.has(folder)) others.set(folder, { ...others.get(folder), [key]: uri });
    }
  const unsearched = (found[0]?.length ?? 0) > MAX_FILES;
  // The search for configs may have stopped, so the config is looked up beside the weights, and not among its results.
  const adapters = [
    ...weights.map((uri) =>
      adapterAt(uri, { weights: uri, config: besideOf(uri, 'adapter_config.json'), pickle: null }),
    ),
    ...[...others.values()].map(({ config = null, pickle = null }) =>
      adapterAt((config ?? pickle)!, { weights: null, config, pickle, unsearched }),
    ),
  ].sort((a, b) => compareNames(a.folder, b.folder) || compareNames(a.name, b.name));
  return { adapters, stoppedAt: found.some(({ length }) => length > MAX_FILES) ? MAX_FILES : null };
}

function adapterAt(uri: vscode.Uri, files: Omit<AdapterFiles, 'name' | 'folder'>): AdapterFiles {
  const folder = vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..'));
  const file = basename(uri);
  const conventional = /^(adapter_model|adapters|adapter_config)\./.test(file);
  return { ...files, folder, name: conventional ? folder.slice(folder.lastIndexOf('/') + 1) : file };
}

/** The config of an adapter, which need not exist. */
export function configOf({ weights, config, pickle }: AdapterFiles): vscode.Uri {
  const uri = config ?? weights ?? pickle;
  if (!uri) throw new Error('an adapter needs a file');
  return config ?? besideOf(uri, 'adapter_config.json');
}

export function besideOf(file: vscode.Uri, name: string): vscode.Uri {
  return vscode.Uri.joinPath(file, '..', name);
}

function folderKey({ scheme, authority, path }: vscode.Uri): string {
  return `${scheme}:${authority}:${path.slice(0, path.lastIndexOf('/'))}`;
}
