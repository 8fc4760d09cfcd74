import * as vscode from 'vscode';
import { isExcludedFolder } from './excludedFolders';

/** Many files appear at once, so their paths are looked at together. */
const DELAY_MS = 500;
/** A build can write thousands of files. Each look takes a request to the file system. */
const MOST_LOOKED_AT = 100;

/** What became of the folders of the workspace. */
interface FolderEvents {
  /** A folder was created, or moved or copied here. */
  appeared(): void;
  /** A file or folder was deleted or moved away. */
  gone(uri: vscode.Uri): void;
}

/**
 * Watches folders, because a watcher of files misses much of what happens to a folder as a whole: one that moves is one
 * event, for the folder, and files are missed that are written in the moment before the system watches a new folder.
 */
export function watchFolders({ appeared, gone }: FolderEvents): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher('**', false, true, false);
  let created: vscode.Uri[] = [];
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    timer = undefined;
    const uris = created;
    created = [];
    for (const uri of uris) if (await isFolder(uri)) return appeared();
  };
  watcher.onDidCreate((uri) => {
    if (created.length >= MOST_LOOKED_AT || isExcludedFolder(uri)) return;
    created.push(uri);
    timer ??= setTimeout(() => void look(), DELAY_MS);
  });
  watcher.onDidDelete(gone);
  return vscode.Disposable.from(watcher, { dispose: () => clearTimeout(timer) });
}

async function isFolder(uri: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.Directory) !== 0;
  } catch {
    // It is gone again.
    return false;
  }
}
