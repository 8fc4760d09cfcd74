import * as vscode from 'vscode';
import { EXCLUDED_FOLDERS } from './excludedFolders';
import { readDocumentText } from './readDocument';
import { basename } from './uriNames';

/** An adapter in the workspace. */
export interface AdapterEntry {
  /** The weights file; `null` if the folder has only a config. */
  readonly weights: vscode.Uri | null;
  readonly config: vscode.Uri | null;
  /** A pickle in the config's folder. The extension shows its name but never opens it. */
  readonly pickle: vscode.Uri | null;
  readonly name: string;
  /** The folder, relative to the workspace. */
  readonly folder: string;
  /** 'LORA, r = 8'; '' without a readable config. */
  readonly method: string;
  readonly baseModel: string;
}

/** Nobody reads a longer list to pick an adapter. */
const MAX_FILES = 1000;
/** An adapter_config.json takes a few kilobytes; a much larger file is something else. */
const MAX_CONFIG_BYTES = 1 << 20;

const WEIGHTS = '**/{adapter_model,adapters,pytorch_lora_weights,*lora*,*LoRA*}.safetensors';
const CONFIGS = '**/adapter_config.json';
const PICKLES = '**/adapter_model.bin';

export const ADAPTER_FILES = [WEIGHTS, CONFIGS, PICKLES];

export async function findAdapters(token?: vscode.CancellationToken): Promise<AdapterEntry[]> {
  const [weights, configs, pickles] = await Promise.all(
    ADAPTER_FILES.map((pattern) => vscode.workspace.findFiles(pattern, EXCLUDED_FOLDERS, MAX_FILES, token)),
  );
  const configOf = new Map((configs ?? []).map((uri) => [folderKey(uri), uri]));
  const pickleOf = new Map((pickles ?? []).map((uri) => [folderKey(uri), uri]));
  const withWeights = new Set((weights ?? []).map(folderKey));
  const found: Promise<AdapterEntry>[] = (weights ?? []).map((uri) =>
    entry(uri, configOf.get(folderKey(uri)) ?? null, null),
  );
  for (const folder of new Set([...configOf.keys(), ...pickleOf.keys()])) {
    if (!withWeights.has(folder)) found.push(entry(null, configOf.get(folder) ?? null, pickleOf.get(folder) ?? null));
  }
  const entries = await Promise.all(found);
  return entries.sort((a, b) => a.folder.localeCompare(b.folder) || a.name.localeCompare(b.name));
}

async function entry(
  weights: vscode.Uri | null,
  config: vscode.Uri | null,
  pickle: vscode.Uri | null,
): Promise<AdapterEntry> {
  const uri = weights ?? config ?? pickle;
  if (!uri) throw new Error('an adapter needs a file');
  const folder = vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..'));
  const file = basename(uri);
  const conventional = /^(adapter_model|adapters|adapter_config)\./.test(file);
  const { method, baseModel } = config ? await readConfig(config) : { method: '', baseModel: '' };
  return {
    weights,
    config,
    pickle,
    folder,
    name: conventional ? (folder.split('/').at(-1) ?? folder) : file,
    method,
    baseModel,
  };
}

async function readConfig(uri: vscode.Uri): Promise<{ method: string; baseModel: string }> {
  try {
    const config: unknown = JSON.parse(await readDocumentText(uri, MAX_CONFIG_BYTES));
    const field = (key: string): unknown =>
      typeof config === 'object' && config !== null ? (config as Record<string, unknown>)[key] : undefined;
    const type = field('peft_type');
    const rank = field('r');
    const base = field('base_model_name_or_path');
    return {
      method: typeof type === 'string' ? (typeof rank === 'number' ? `${type}, r = ${rank}` : type) : '',
      baseModel: typeof base === 'string' ? base : '',
    };
  } catch {
    // The inspector reports a config that cannot be read; this list only names the adapter.
    return { method: '', baseModel: '' };
  }
}

function folderKey(uri: vscode.Uri): string {
  return vscode.Uri.joinPath(uri, '..').toString();
}
