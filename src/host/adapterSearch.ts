/** Groups the files that a search of the workspace finds into adapters. Knows no editor. */

import { basename } from './uriNames';

/** The parts of a URI that tell files apart. */
interface FileUri {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

/** How a search names the surroundings of a file. */
interface UriPlaces<U> {
  /** The URI of the file `name` in the folder of `uri`. */
  sibling(uri: U, name: string): U;
  /** The folder of `uri` as users see it: relative to the workspace. */
  shownFolder(uri: U): string;
}

/** The files of an adapter in the workspace. */
export interface GroupedFiles<U> {
  /** The weights file; `null` if the folder has only a config. */
  readonly weights: U | null;
  /** The place of the config. Beside weights the file may be missing. */
  readonly config: U | null;
  /** A pickle in the config's folder. The extension shows its name but never opens it. */
  readonly pickle: U | null;
  /** True if the search for weights stopped before it found all, so that there may be weights. */
  readonly unsearched?: boolean;
  readonly name: string;
  /** The folder, relative to the workspace. */
  readonly folder: string;
}

export interface GroupedAdapters<U> {
  readonly adapters: readonly GroupedFiles<U>[];
  /** Number of files at which a search stopped; `null` if all were found. */
  readonly stoppedAt: number | null;
}

const CONFIG_NAME = 'adapter_config.json';
const WEIGHTS = '**/{adapter_model,adapters,pytorch_lora_weights,*lora*,*LoRA*}.safetensors';
const CONFIGS = `**/${CONFIG_NAME}`;
const PICKLES = '**/adapter_model.bin';

/** The searches whose results `groupAdapters` takes. */
export const ADAPTER_FILES = [WEIGHTS, CONFIGS, PICKLES] as const;

/**
 * Groups the results of the searches `ADAPTER_FILES`, sorted by folder and name. A result with more than `maxFiles`
 * files stands for a search that stopped.
 */
export function groupAdapters<U extends FileUri>(
  found: readonly (readonly U[])[],
  maxFiles: number,
  places: UriPlaces<U>,
): GroupedAdapters<U> {
  const [weights = [], configs = [], pickles = []] = found.map((uris) => uris.slice(0, maxFiles));
  const withWeights = new Set(weights.map(folderKey));
  const others = new Map<string, { config?: U; pickle?: U }>();
  for (const [key, uris] of [
    ['config', configs],
    ['pickle', pickles],
  ] as const)
    for (const uri of uris) {
      const folder = folderKey(uri);
      if (!withWeights.has(folder)) others.set(folder, { ...others.get(folder), [key]: uri });
    }
  const unsearched = (found[0]?.length ?? 0) > maxFiles;
  const order = new Intl.Collator();
  // The search for configs may have stopped, so the config is looked up beside the weights, and not among its results.
  const adapters = [
    ...weights.map((uri) =>
      named(uri, places, { weights: uri, config: places.sibling(uri, CONFIG_NAME), pickle: null }),
    ),
    ...[...others.values()].map(({ config = null, pickle = null }) =>
      named((config ?? pickle)!, places, { weights: null, config, pickle, unsearched }),
    ),
  ].sort((a, b) => order.compare(a.folder, b.folder) || order.compare(a.name, b.name));
  return { adapters, stoppedAt: found.some(({ length }) => length > maxFiles) ? maxFiles : null };
}

function named<U extends FileUri>(
  uri: U,
  places: UriPlaces<U>,
  files: Omit<GroupedFiles<U>, 'name' | 'folder'>,
): GroupedFiles<U> {
  const folder = places.shownFolder(uri);
  const file = basename(uri);
  const conventional = /^(adapter_model|adapters|adapter_config)\./.test(file);
  return { ...files, folder, name: conventional ? folder.slice(folder.lastIndexOf('/') + 1) : file };
}

function folderKey({ scheme, authority, path }: FileUri): string {
  return `${scheme}:${authority}:${path.slice(0, path.lastIndexOf('/'))}`;
}

/** The config of an adapter, which need not exist. */
export function configPlace<U>({ weights, config, pickle }: GroupedFiles<U>, sibling: UriPlaces<U>['sibling']): U {
  const uri = config ?? weights ?? pickle;
  if (!uri) throw new Error('an adapter needs a file');
  return config ?? sibling(uri, CONFIG_NAME);
}
