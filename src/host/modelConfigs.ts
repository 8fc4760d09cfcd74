import * as vscode from 'vscode';
import { isObject } from '../budget/config';
import { PRESETS, presetForHubName } from '../budget/presets';
import type { BudgetInputs, ModelChoice } from '../protocol/calculator';
import { CUSTOM_MODEL } from '../protocol/calculator';
import type { BudgetModel } from './budgetReport';
import { customModel } from './customModel';

/** A config.json of the workspace that describes a model. */
export interface ModelFile {
  readonly uri: vscode.Uri;
  /** Name of its folder. */
  readonly name: string;
  /** Folder, relative to the workspace. */
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A model that an adapter's config names, found without a network. */
export interface BaseModel {
  readonly title: string;
  readonly config: unknown;
}

const CONFIGS = '**/config.json';
const EXCLUDED = '**/{node_modules,.git,.venv,venv,__pycache__}/**';
/** Many programs have a config.json; more than this many in a workspace are not models. */
const MAX_FILES = 500;
/** The largest published config.json files are a few hundred kilobytes (label maps). */
const MAX_CONFIG_BYTES = 4 << 20;
/** Checkouts and downloads write many files at once; one look after the burst is enough. */
const REFRESH_DELAY_MS = 300;

const PRESET = 'preset:';
const FILE = 'file:';

/** The models a budget can be made for: presets, config.json files of the workspace, and sizes typed in. */
export class ModelConfigs implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** A config.json came, went or changed. */
  readonly onDidChange = this.changed.event;
  private readonly watcher = vscode.workspace.createFileSystemWatcher(CONFIGS);
  private readonly folders = vscode.workspace.onDidChangeWorkspaceFolders(() => this.refreshSoon());
  private found: Promise<readonly ModelFile[]> | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor() {
    this.watcher.onDidCreate(() => this.refreshSoon());
    this.watcher.onDidChange(() => this.refreshSoon());
    this.watcher.onDidDelete(() => this.refreshSoon());
  }

  files(): Promise<readonly ModelFile[]> {
    this.found ??= findModelFiles();
    return this.found;
  }

  /** For a picker; `current` is in it even where its file is gone. */
  async choices(current: string): Promise<ModelChoice[]> {
    const presets = PRESETS.map(({ id, title }): ModelChoice => ({
      id: PRESET + id,
      group: 'preset',
      label: title,
      description: '',
    }));
    const files = (await this.files()).map(({ uri, name, folder }): ModelChoice => ({
      id: fileId(uri),
      group: 'workspace',
      label: name,
      description: folder,
    }));
    const custom: ModelChoice = {
      id: CUSTOM_MODEL,
      group: 'custom',
      label: vscode.l10n.t('Custom dimensions'),
      description: '',
    };
    const choices = [...presets, ...files, custom];
    if (choices.some(({ id }) => id === current)) return choices;
    const gone: ModelChoice = {
      id: current,
      group: 'workspace',
      label: vscode.l10n.t('Not found'),
      description: current,
    };
    return [...choices, gone];
  }

  async model(inputs: BudgetInputs): Promise<BudgetModel> {
    if (inputs.model === CUSTOM_MODEL) return customModel(inputs);
    const preset = PRESETS.find(({ id }) => PRESET + id === inputs.model);
    if (preset) return preset;
    const file = (await this.files()).find(({ uri }) => fileId(uri) === inputs.model);
    if (file) return { title: file.name, config: file.config };
    const message = vscode.l10n.t('{0} is not in the workspace.', inputs.model.slice(FILE.length));
    return { title: vscode.l10n.t('Not found'), errors: [{ field: 'model', message }] };
  }

  /**
   * The base model of an adapter: the config.json beside the adapter, one of the workspace whose own name or folder is
   * the given name, or a preset with exactly its shape.
   */
  async baseModel(adapter: vscode.Uri, name: string | null): Promise<BaseModel | null> {
    const files = await this.files();
    const folder = vscode.Uri.joinPath(adapter, '..').toString();
    const beside = files.find(({ uri }) => vscode.Uri.joinPath(uri, '..').toString() === folder);
    const file = beside ?? (name === null ? undefined : files.find((each) => isNamed(each, name)));
    if (file) return { title: vscode.workspace.asRelativePath(file.uri), config: file.config };
    const preset = name === null ? null : presetForHubName(name);
    return preset && { title: preset.title, config: preset.config };
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.changed.dispose();
    this.watcher.dispose();
    this.folders.dispose();
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.found = null;
      this.changed.fire();
    }, REFRESH_DELAY_MS);
  }
}

function fileId(uri: vscode.Uri): string {
  return FILE + uri.toString();
}

function isNamed({ name, config }: ModelFile, wanted: string): boolean {
  const own = config['_name_or_path'];
  if (typeof own === 'string' && own !== '' && own.toLowerCase() === wanted.toLowerCase()) return true;
  return name.toLowerCase() === wanted.split(/[\\/]/).filter(Boolean).at(-1)?.toLowerCase();
}

async function findModelFiles(): Promise<readonly ModelFile[]> {
  const uris = await vscode.workspace.findFiles(CONFIGS, EXCLUDED, MAX_FILES);
  const files = await Promise.all(uris.map(readModelFile));
  return files.filter((file) => file !== null).sort((a, b) => a.folder.localeCompare(b.folder));
}

/** Null for what is not a model's config. */
async function readModelFile(uri: vscode.Uri): Promise<ModelFile | null> {
  try {
    if ((await vscode.workspace.fs.stat(uri)).size > MAX_CONFIG_BYTES) return null;
    const config: unknown = JSON.parse(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
    if (!isObject(config) || typeof config['model_type'] !== 'string') return null;
    const folder = vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..'));
    return { uri, name: vscode.Uri.joinPath(uri, '..').path.split('/').at(-1) ?? folder, folder, config };
  } catch {
    // Other programs' files named config.json may hold anything.
    return null;
  }
}
