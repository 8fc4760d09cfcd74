/** The list of the adapters of a workspace: what is searched, and the pages that the planner replies with. */

import type { AdapterFacts } from './scan';

/** A folder of the workspace on the local disk, which the planner searches. */
export interface SearchedFolder {
  readonly path: string;
  /** Begins the paths below it, as the editor shows them; '' if it is the only folder. */
  readonly prefix: string;
  /** Globs of files and folders to leave out, relative to it. */
  readonly excluded: readonly string[];
  readonly followLinks: boolean;
}

/** A folder of the workspace in a file system that only the editor can search. */
export interface EditorFolder {
  readonly uri: string;
  readonly prefix: string;
  /** URIs of the files with an adapter's name, as the editor found them. */
  readonly files: readonly string[];
  /** True if the editor stopped before it found all. */
  readonly stopped: boolean;
}

export interface AdapterSearch {
  /** Changes whenever the files may have changed. The planner searches once for each value. */
  readonly revision: number;
  readonly folders: readonly (SearchedFolder | EditorFolder)[];
}

export interface AdapterQuestion {
  readonly search: AdapterSearch;
  /** Lower-case words, each of which the path, name, method or base model must contain. */
  readonly words: readonly string[];
  /** Maximum number of rows in the page. */
  readonly rows: number;
}

/** A folder of files, on the local disk or in a file system that only the editor can read. */
export type Place = { readonly path: string } | { readonly uri: string };

/** The files of an adapter, as names in its folder. */
export interface AdapterFiles {
  readonly place: Place;
  /** The weights file; `null` if the folder has only a config or a pickle. */
  readonly weights: string | null;
  readonly config: boolean;
  /** A pickle. The extension shows its name but never opens it. */
  readonly pickle: boolean;
  /** True if the search stopped before it found all weights, so that there may be some. */
  readonly unsearched: boolean;
  readonly name: string;
  /** The folder's path as the editor shows it. */
  readonly folder: string;
}

export interface AdapterRow {
  readonly adapter: AdapterFiles;
  /** `null` without a readable config. */
  readonly facts: AdapterFacts | null;
}

/** The limit at which a search stopped before it found all. */
export interface SearchStop {
  readonly after: 'adapters' | 'files' | 'folders';
  readonly count: number;
}

export interface AdapterPage {
  readonly rows: readonly AdapterRow[];
  /** Number of adapters that match the filter so far; all without a filter. */
  readonly matching: number;
  readonly total: number;
  /** Number of configs that the filter has yet to read. */
  readonly unchecked: number;
  /** Number of configs that were not read because the budget was spent. */
  readonly unread: number;
  /** `null` if the search found all. */
  readonly stopped: SearchStop | null;
}

/** A longer list costs memory and time, and nobody reads it. 20,000 adapters take about 5 MB. */
export const MAX_ADAPTERS = 20_000;

export const CONFIG_FILE = 'adapter_config.json';
export const PICKLE_FILE = 'adapter_model.bin';

const WEIGHTS_FILE = /^(?:adapter_model|adapters|pytorch_lora_weights|.*(?:lora|LoRA).*)\.safetensors$/s;

/** Whether a file has a name that adapters use. */
export function isAdapterName(name: string): boolean {
  return name === CONFIG_FILE || name === PICKLE_FILE || WEIGHTS_FILE.test(name);
}
