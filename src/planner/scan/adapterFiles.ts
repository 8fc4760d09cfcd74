/** The adapters that the files of one folder form. */

import type { AdapterFiles, Place, SearchStop } from '../../protocol/adapters';
import { CONFIG_FILE, MAX_ADAPTERS, PICKLE_FILE } from '../../protocol/adapters';

export interface FoundAdapters {
  readonly adapters: readonly AdapterFiles[];
  /** `null` if all were found. */
  readonly stopped: SearchStop | null;
}

export interface FolderFiles {
  readonly weights: string[];
  config: boolean;
  pickle: boolean;
}

export function noFiles(): FolderFiles {
  return { weights: [], config: false, pickle: false };
}

/** `name` is one that adapters use. */
export function addFile(files: FolderFiles, name: string): void {
  if (name === CONFIG_FILE) files.config = true;
  else if (name === PICKLE_FILE) files.pickle = true;
  else if (files.weights.length <= MAX_ADAPTERS) files.weights.push(name);
}

/** Every file of weights is an adapter. A config or a pickle without weights is one that cannot be shown. */
export function countAdapters({ weights, config, pickle }: FolderFiles): number {
  return weights.length || (config || pickle ? 1 : 0);
}

/** `folder` is the path that people see. `unsearched` says that the folder may have weights beside these files. */
export function adaptersOf(place: Place, folder: string, files: FolderFiles, unsearched = false): AdapterFiles[] {
  if (countAdapters(files) === 0) return [];
  const own = folder.slice(folder.lastIndexOf('/') + 1);
  const { weights, config, pickle } = files;
  if (weights.length === 0) return [{ place, weights: null, config, pickle, unsearched, name: own, folder }];
  return weights.map((file) => {
    const name = /^(?:adapter_model|adapters)\./.test(file) ? own : file;
    return { place, weights: file, config, pickle, unsearched: false, name, folder };
  });
}
