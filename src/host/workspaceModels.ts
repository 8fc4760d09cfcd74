import * as vscode from 'vscode';
import { compareNames } from '../text/nameOrder';
import { EXCLUDED_FOLDERS } from './excludedFolders';
import { leftOutText, scannedFile } from './scannedFiles';
import type { PlannerClient } from './workerClient';

/** A config.json of the workspace that describes a model. */
export interface WorkspaceConfig {
  readonly uri: vscode.Uri;
  /** Name of its folder. */
  readonly name: string;
  /** Folder, relative to the workspace. */
  readonly folder: string;
  /** Changes whenever the file does. */
  readonly stamp: string;
  /** The config's `_name_or_path`. */
  readonly ownName: string | null;
}

export interface WorkspaceConfigs {
  readonly models: readonly WorkspaceConfig[];
  /** Text for people: what the search left out; `null` if it is complete. */
  readonly left: string | null;
}

export const MODEL_CONFIGS = '**/config.json';
/** Many programs have a config.json. If a workspace has more than this, most of them do not describe models. */
const MAX_FILES = 500;
/** Published configs take a few kilobytes, so 500 of them fit. Larger ones are read as far as this goes. */
const MAX_SCAN_BYTES = 32 << 20;

/** The planner reads the files. Nothing of them is parsed in the extension host. */
export async function findModelFiles(planner: Pick<PlannerClient, 'request'>): Promise<WorkspaceConfigs> {
  // One file more than is read tells that there are more.
  const found = await vscode.workspace.findFiles(MODEL_CONFIGS, EXCLUDED_FOLDERS, MAX_FILES + 1);
  const uris = found.slice(0, MAX_FILES);
  const { facts, unread } = await planner.request('models/scan', {
    files: uris.map(scannedFile),
    maxBytes: MAX_SCAN_BYTES,
  });
  const models = uris.flatMap((uri, index): WorkspaceConfig[] => {
    const known = facts[index];
    if (!known) return [];
    const folder = vscode.Uri.joinPath(uri, '..');
    const shown = vscode.workspace.asRelativePath(folder);
    return [{ uri, name: folder.path.split('/').at(-1) ?? shown, folder: shown, ...known }];
  });
  const stopped = found.length > MAX_FILES ? ({ after: 'files', count: MAX_FILES } as const) : null;
  return {
    models: models.sort((a, b) => compareNames(a.folder, b.folder)),
    left: leftOutText({ unread, maxBytes: MAX_SCAN_BYTES, stopped }),
  };
}
