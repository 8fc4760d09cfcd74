/** Groups the files that the editor found in a file system that only it can search. */

import type { EditorFolder } from '../../protocol/adapters';
import { isAdapterName, MAX_ADAPTERS } from '../../protocol/adapters';
import { adaptersOf, addFile, noFiles } from './adapterFiles';
import type { FolderFiles, FoundAdapters } from './adapterFiles';

/** Groups: the folder; the name; query and fragment. */
const FILE = /^([^?#]*)\/([^/?#]*)(.*)$/s;

export function editorAdapters({ uri, prefix, files, stopped }: EditorFolder): FoundAdapters {
  const folders = new Map<string, FolderFiles>();
  for (const file of files) {
    const [, folder = '', name = '', rest = ''] = FILE.exec(file) ?? [];
    if (!isAdapterName(decoded(name))) continue;
    const contents = folders.get(folder + rest) ?? noFiles();
    folders.set(folder + rest, contents);
    addFile(contents, decoded(name));
  }
  const adapters = [...folders].flatMap(([folder, contents]) =>
    adaptersOf({ uri: folder }, shownPath(folder, uri, prefix), contents, stopped),
  );
  return { adapters, stopped: stopped ? { after: 'files', count: MAX_ADAPTERS } : null };
}

/** The URI of a file in the folder with the URI `folder`. */
export function uriIn(folder: string, name: string): string {
  return folder.replace(/^[^?#]*/, (path) => `${path}/${encodeURIComponent(name)}`);
}

function shownPath(folder: string, root: string, prefix: string): string {
  const [path = '', base = ''] = [folder, root].map((uri) => decoded(uri.replace(/[?#].*$/s, '').replace(/\/+$/, '')));
  const below = path.startsWith(`${base}/`) ? path.slice(base.length + 1) : '';
  return [prefix, below].filter(Boolean).join('/') || path.slice(path.lastIndexOf('/') + 1);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
