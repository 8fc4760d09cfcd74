/** Reads the entries of local folders, however many a folder has. */

import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs';
import { opendir } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { withDeadline } from './deadline';

/** `link`: a symbolic link to anything or to nothing. */
export type EntryKind = 'file' | 'folder' | 'link';

export interface FolderVisitor {
  /** Receives an id that is equal for all paths to this folder. False leaves the folder. */
  enter(id: string): boolean;
  /** Called for each entry. Pipes, sockets and devices are left out. */
  entry(name: string, kind: EntryKind): void;
}

export interface FolderReading {
  /** Visits nothing if there is no folder at this path or it cannot be read. Rejects with the signal's reason. */
  read(folder: string, visitor: FolderVisitor, signal: AbortSignal): Promise<void>;
  /** Whether a path leads to a regular file. */
  isFile(file: string, signal: AbortSignal): Promise<boolean>;
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

// They cost half of what the functions of node:fs/promises do, and each folder of a workspace needs both.
const statOf = promisify(stat);
const entriesOf = promisify(readdir);

export const localFolders: FolderReading = {
  async read(folder, visitor, signal) {
    const started = performance.now();
    let allowed = DEADLINE_MS;
    try {
      await withDeadline({ ms: () => allowed, error: () => slow(folder), signal }, async (until) => {
        const found = await statOf(folder, { bigint: true });
        if (until.aborted || !found.isDirectory() || !visitor.enter(`${found.dev}:${found.ino}`)) return;
        if (found.size <= MAX_BYTES_AT_ONCE) {
          const entries = await entriesOf(folder, { withFileTypes: true });
          if (!until.aborted) for (const entry of entries) visit(entry, visitor);
          return;
        }
        for await (const entry of await opendir(folder, { bufferSize: ENTRIES_AT_ONCE })) {
          if (until.aborted) return;
          allowed = performance.now() - started + DEADLINE_MS;
          visit(entry, visitor);
        }
      });
    } catch {
      signal.throwIfAborted();
    }
  },

  async isFile(file, signal) {
    try {
      const found = await withDeadline({ ms: () => DEADLINE_MS, error: () => slow(file), signal }, () => statOf(file));
      return found.isFile();
    } catch {
      signal.throwIfAborted();
      return false;
    }
  },

  join: (folder, name) => path.join(folder, name),
};

function visit(entry: Dirent, visitor: FolderVisitor): void {
  if (entry.isFile()) visitor.entry(entry.name, 'file');
  else if (entry.isDirectory()) visitor.entry(entry.name, 'folder');
  else if (entry.isSymbolicLink()) visitor.entry(entry.name, 'link');
}

function slow(place: string): Error {
  return new Error(`${place} does not answer within ${DEADLINE_MS / 1000} s`);
}
