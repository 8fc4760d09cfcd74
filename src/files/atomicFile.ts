/**
 * Writes local files: the only place that does. The content goes to a temporary file in the same folder, which takes
 * the name once it is complete and on disk, so that a reader finds the old file or the new one.
 */

import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { lstat, open, readdir, realpath, rename, stat, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import { CheckpointError } from '../checkpoint/errors';
import type { Sink } from '../checkpoint/fileAccess';
import { fileError } from './fileError';
import { isOpened } from './openHandles';

/** A temporary file that a killed process left behind. The name is short enough for any file system. */
const LEFTOVER = /^\.peft-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
/** A leftover of this age belongs to no running process: no save takes a day. */
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;

const PERMISSIONS = 0o777n;
const WRITE_PERMISSIONS = 0o222n;
/** Nobody else may read the content before it has the permissions of the file that it replaces. */
const PRIVATE = 0o600;
/** Permissions of a new file, from which the system takes away what the user's mask says. */
const USUAL = 0o666;

/**
 * Replaces `file` once `fill` has finished and returns the number of bytes written. The permissions and, if the system
 * allows it, the owner of an existing file stay. A symbolic link stays, and its target is replaced. Rejects with
 * `CheckpointError` Unwritable for a read-only file, a dangling link, a file that is being read, and errors of the
 * system. If it rejects, the old file stays and nothing is left behind.
 */
export async function writeAtomically(file: string, fill: (sink: Sink) => Promise<void>): Promise<number> {
  const { target, replaced } = await findTarget(file);
  const folder = path.dirname(target);
  await sweepLeftovers(folder);
  const temporary = path.join(folder, `.peft-${crypto.randomUUID()}.tmp`);
  const handle = await open(temporary, 'wx', replaced ? PRIVATE : USUAL).catch((error: unknown) => {
    throw fileError('Unwritable', file, error);
  });
  const unwritable = (error: unknown): never => {
    throw fileError('Unwritable', file, error);
  };
  const output = outputTo(handle, unwritable);
  try {
    await fill(output.sink);
    await complete(handle, replaced).catch(unwritable);
    await rename(temporary, target).catch(unwritable);
  } catch (error) {
    // Closing a closed handle rejects, which is of no interest.
    await handle.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
  return output.written();
}

async function complete(handle: FileHandle, replaced: BigIntStats | null): Promise<void> {
  if (replaced) await takeOwnership(handle, replaced);
  await handle.sync();
  await handle.close();
}

/** Passes errors of the file system to `unwritable`, and leaves errors of whoever fills the file as they are. */
function outputTo(
  handle: FileHandle,
  unwritable: (error: unknown) => never,
): { readonly sink: Sink; readonly written: () => number } {
  let written = 0;
  const sink: Sink = async (bytes) => {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done).catch(unwritable);
      done += bytesWritten;
    }
    written += bytes.length;
  };
  return { sink, written: () => written };
}

interface Target {
  /** The file to replace, after symbolic links. */
  readonly target: string;
  /** `null` if the file is new. */
  readonly replaced: BigIntStats | null;
}

async function findTarget(file: string): Promise<Target> {
  const refuse = (reason: string): CheckpointError => new CheckpointError('Unwritable', `${file} ${reason}`, file);
  const found = await lstat(file, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw fileError('Unwritable', file, error);
  });
  if (!found) return { target: file, replaced: null };
  const target = await realpath(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw fileError('Unwritable', file, error);
    throw refuse('is a symbolic link to a file that does not exist. Remove the link or choose another name.');
  });
  const replaced = await stat(target, { bigint: true }).catch((error: unknown) => {
    throw fileError('Unwritable', file, error);
  });
  if (!replaced.isFile()) throw refuse('exists and is not a file');
  // The permissions are asked, not the system: it lets an administrator write anything.
  if ((replaced.mode & WRITE_PERMISSIONS) === 0n)
    throw refuse('is read-only. Choose another name, or make it writable.');
  if (isOpened(replaced)) throw refuse('is open in the inspector and cannot be overwritten: choose another name');
  await checkWritable(target, file);
  return { target, replaced };
}

/** Opens the file for writing without writing: a rename would also replace a file that this user must not write. */
async function checkWritable(target: string, file: string): Promise<void> {
  const handle = await open(target, constants.O_WRONLY).catch((error: unknown) => {
    throw fileError('Unwritable', file, error);
  });
  await handle.close();
}

/** The owner comes first, because changing it can clear permissions. */
async function takeOwnership(handle: FileHandle, { mode, uid, gid }: BigIntStats): Promise<void> {
  // Most systems let only an administrator give files away. The file then belongs to whoever saved it.
  await handle.chown(Number(uid), Number(gid)).catch(() => undefined);
  await handle.chmod(Number(mode & PERMISSIONS));
}

/** Removes temporary files of processes that were killed. */
async function sweepLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const latest = Date.now() - LEFTOVER_AGE_MS;
  for (const name of names.filter((each) => LEFTOVER.test(each))) {
    const leftover = path.join(folder, name);
    const found = await lstat(leftover).catch(() => null);
    if (found?.isFile() && found.mtimeMs < latest) await unlink(leftover).catch(() => undefined);
  }
}

/** Makes the new name durable, if the system supports it. The file's content is already on disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
