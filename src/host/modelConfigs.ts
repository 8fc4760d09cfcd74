import * as vscode from 'vscode';
import type { BudgetInputs, ModelChoice } from '../protocol/calculator';
import { CUSTOM_MODEL } from '../protocol/calculator';
import type { ConfigAnalysis } from '../protocol/planner';
import type { ModelFile, ModelReference, ReportModel, Surroundings, WorkspaceModel } from '../protocol/models';
import type { KnownModels } from './knownModels';
import type { PlannerClient } from './workerClient';
import { findModelFiles, MODEL_CONFIGS } from './workspaceModels';
import type { WorkspaceConfig, WorkspaceConfigs } from './workspaceModels';

/** Checkouts and downloads write many files at once, so the search waits until they are done. */
const REFRESH_DELAY_MS = 300;

const PRESET = 'preset:';
const FILE = 'file:';
const LEFT_OUT = 'left-out';

/** The models on which adapters can be counted: presets, config.json files of the workspace, and typed sizes. */
export class ModelConfigs implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** A config.json was added, changed or removed. */
  readonly onDidChange = this.changed.event;
  private readonly watcher = vscode.workspace.createFileSystemWatcher(MODEL_CONFIGS);
  private readonly folders = vscode.workspace.onDidChangeWorkspaceFolders(() => this.refreshSoon());
  private found: Promise<WorkspaceConfigs> | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly planner: PlannerClient,
    private readonly known: KnownModels,
  ) {
    this.watcher.onDidCreate(() => this.refreshSoon());
    this.watcher.onDidChange(() => this.refreshSoon());
    this.watcher.onDidDelete(() => this.refreshSoon());
  }

  private async files(): Promise<readonly WorkspaceConfig[]> {
    return (await this.search()).models;
  }

  private search(): Promise<WorkspaceConfigs> {
    if (this.found) return this.found;
    const found = findModelFiles(this.planner);
    this.found = found;
    found.catch(() => {
      // The planner died. The next search may reach another thread that answers.
      if (this.found === found) this.found = null;
    });
    return found;
  }

  /** The choices of a picker. They include `current`, unless it is '', even if its file is gone. */
  async choices(current: string): Promise<ModelChoice[]> {
    const [known, { models: found, left }] = await Promise.all([
      this.planner.request('presets/list', {}),
      this.search(),
    ]);
    const presets = known.map(({ id, title, hubId }): ModelChoice => ({
      id: PRESET + id,
      group: 'preset',
      label: title,
      description: hubId,
    }));
    const files = found.map(({ uri, name, folder }): ModelChoice => ({
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
    const outside = this.known.outside().map(({ id, title, path }): ModelChoice => ({
      id,
      group: 'workspace',
      label: title,
      description: path,
    }));
    const elsewhere = outside.filter(({ id }) => !files.some((file) => file.id === id));
    const notes =
      left === null ? [] : [{ id: LEFT_OUT, group: 'workspace', label: left, description: '', note: true } as const];
    const near = [...files, ...elsewhere, ...notes];
    const far = [...presets, custom];
    if (current === '' || [...near, ...far].some(({ id }) => id === current)) return [...near, ...far];
    const gone: ModelChoice = {
      id: current,
      group: 'workspace',
      label: vscode.l10n.t('Not found'),
      description: current,
    };
    return [...near, gone, ...far];
  }

  async model({ model }: BudgetInputs): Promise<ReportModel> {
    if (model === CUSTOM_MODEL) return { kind: 'custom' };
    if (model.startsWith(PRESET)) return { kind: 'preset', id: model.slice(PRESET.length) };
    const file = (await this.files()).find(({ uri }) => fileId(uri) === model);
    if (file) return modelFile(file, file.name);
    const outside = this.known.outside().find(({ id }) => id === model);
    if (outside) return { kind: 'file', title: outside.title, path: outside.path };
    const message = vscode.l10n.t('{0} is not in the workspace.', model.slice(FILE.length));
    return { kind: 'missing', title: vscode.l10n.t('Not found'), message };
  }

  /** The places where the planner looks for the model that a file names. `file` is `null` for an untitled document. */
  async surroundings(file: vscode.Uri | null): Promise<Surroundings> {
    const folder = file && vscode.Uri.joinPath(file, '..');
    return {
      folder: folder && folder.toString(),
      localFolder: folder?.scheme === 'file' ? folder.fsPath : null,
      workspace: (await this.files()).map(workspaceModel),
      chosen: this.known.chosen(),
    };
  }

  /** The calculator's id of a model that the planner found. */
  async idOf({ preset, path }: FoundModel): Promise<string | null> {
    if (preset !== null) return PRESET + preset;
    if (path === null) return null;
    const file = (await this.files()).find(({ uri }) => uri.scheme === 'file' && uri.fsPath === path);
    return file ? fileId(file.uri) : this.known.add(path, titleOf(path));
  }

  /** Lets the name stand for the model with this id from now on. */
  async choose(name: string, id: string): Promise<void> {
    const reference = await this.referenceTo(id);
    if (!reference) return;
    await this.known.choose(name, reference);
    this.changed.fire();
  }

  async chooseFile(name: string, path: string): Promise<void> {
    await this.known.choose(name, { kind: 'file', title: titleOf(path), path });
    this.changed.fire();
  }

  private async referenceTo(id: string): Promise<ModelReference | null> {
    if (id.startsWith(PRESET)) return { kind: 'preset', id: id.slice(PRESET.length) };
    const file = (await this.files()).find(({ uri }) => fileId(uri) === id);
    if (file?.uri.scheme === 'file') return { kind: 'file', title: file.name, path: file.uri.fsPath };
    const outside = this.known.outside().find((each) => each.id === id);
    return outside ? { kind: 'file', title: outside.title, path: outside.path } : null;
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

/** The place where the planner found a model. */
type FoundModel = Pick<ConfigAnalysis, 'preset' | 'path'>;

/** The name of the model's folder, or the name that a folder of the Hub's cache encodes. */
function titleOf(path: string): string {
  const segments = path.split(/[\\/]/);
  const cached = segments.find((segment) => segment.startsWith('models--'));
  return cached ? cached.split('--').slice(1).join('/') : (segments.at(-2) ?? path);
}

function fileId(uri: vscode.Uri): string {
  return FILE + uri.toString();
}

function modelFile({ uri, stamp }: WorkspaceConfig, title: string): ModelFile {
  return uri.scheme === 'file'
    ? { kind: 'file', title, path: uri.fsPath }
    : { kind: 'document', title, uri: uri.toString(), stamp };
}

function workspaceModel(file: WorkspaceConfig): WorkspaceModel {
  const { uri, name, ownName } = file;
  const title = vscode.workspace.asRelativePath(uri);
  return { title, folder: vscode.Uri.joinPath(uri, '..').toString(), name, ownName, file: modelFile(file, title) };
}
