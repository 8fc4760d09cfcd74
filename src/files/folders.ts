/** Reads the entries of local folders, however many a folder has. */

import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs';
import { opendir } from 'node:fs/promises';
import * as path from 'node:path';

/** `link`: a symbolic link to anything or to nothing. */
export type EntryKind = 'file' | 'folder' | 'link';

export interface FolderVisitor {
  /** Receives an id that is equal for all paths to this folder. False leaves the folder. */
  enter(id: string): boolean;
  /** Called for each entry. Pipes, sockets and devices are left out. */
  entry(name: string, kind: EntryKind): void;
}

export interface FolderReading {
  /** Visits nothing if there is no folder at this path or it cannot be read. Never rejects. */
  read(folder: string, visitor: FolderVisitor): Promise<void>;
  /** Whether a path leads to a regular file. Never rejects. */
  isFile(file: string): Promise<boolean>;
  join(folder: string, name: string): string;
}

/** A sleeping disk needs seconds. A folder whose next entries take longer is left. */
const DEADLINE_MS = 15_000;
/**
 * Reading a folder at once takes a third of the time of reading it piece by piece, but holds all its entries. A folder
 * of this size has about 5,000 of them on ext4. No common file system reports less than a byte per entry.
 */
const MAX_BYTES_AT_ONCE = 256 << 10;
/** Entries of a large folder that are held at a time. */
const ENTRIES_AT_ONCE = 1024;

/** Calls back instead of promising: each promise, timer and listener would be there 20,000 times. */
export const localFolders: FolderReading = {
  read(folder, visitor) {
    return new Promise((resolve) => {
      let isOver = false;
      const end = (): void => {
        isOver = true;
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(end, DEADLINE_MS);
      stat(folder, { bigint: true }, (error, found) => {
        if (isOver) return;
        if (error || !found.isDirectory() || !visitor.enter(`${found.dev}:${found.ino}`)) end();
        else if (found.size > MAX_BYTES_AT_ONCE) {
          const more = (entry: Dirent): boolean => {
            if (!isOver) visit(entry, visitor);
            timer.refresh();
            return !isOver;
          };
          visitLarge(folder, more).then(end, end);
        } else {
          readdir(folder, { withFileTypes: true }, (failed, entries) => {
            if (isOver) return;
            if (!failed) for (const entry of entries) visit(entry, visitor);
            end();
          });
        }
      });
    });
  },

  isFile(file) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), DEADLINE_MS);
      stat(file, (error, found) => {
        clearTimeout(timer);
        resolve(!error && found.isFile());
      });
    });
  },

  join: (folder, name) => path.join(folder, name),
};

function visit(entry: Dirent, visitor: FolderVisitor): void {
  if (entry.isFile()) visitor.entry(entry.name, 'file');
  else if (entry.isDirectory()) visitor.entry(entry.name, 'folder');
  else if (entry.isSymbolicLink()) visitor.entry(entry.name, 'link');
}

/** Ends early when `more` returns false. */
async function visitLarge(folder: string, more: (entry: Dirent) => boolean): Promise<void> {
  for await (const entry of await opendir(folder, { bufferSize: ENTRIES_AT_ONCE })) if (!more(entry)) return;
}
