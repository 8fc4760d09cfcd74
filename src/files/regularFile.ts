/** Opens local files for reading: the only place that does, because a file may come from a stranger. */

import { constants } from 'node:fs';
import type { BigIntStats, StatsBase } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { CheckpointError } from '../checkpoint/errors';

interface RegularFile {
  readonly handle: FileHandle;
  readonly opened: BigIntStats;
}

/** Windows lacks both flags. */
type UnixFlags = Partial<Pick<typeof constants, 'O_NONBLOCK' | 'O_NOCTTY'>>;
const { O_NONBLOCK = 0, O_NOCTTY = 0 } = constants as UnixFlags;
/** O_NONBLOCK keeps a pipe without a writer from blocking the open, and O_NOCTTY keeps a terminal at a distance. */
const READ_AT_ONCE = constants.O_RDONLY | O_NONBLOCK | O_NOCTTY;

/**
 * Opens `file`, following symbolic links. Rejects with `CheckpointError` Unreadable for a folder, pipe, socket or
 * device, and with Node's error if the file cannot be opened. The caller closes the handle.
 */
export async function openRegularFile(file: string): Promise<RegularFile> {
  // Opening a device can act on it (rewind a tape, start a watchdog), so the type is checked before.
  const found = await stat(file);
  if (!found.isFile()) throw notRegular(file, found);
  const handle = await open(file, READ_AT_ONCE);
  try {
    // The path may meanwhile lead to another file, so what was opened is checked again.
    const opened = await handle.stat({ bigint: true });
    if (!opened.isFile()) throw notRegular(file, opened);
    return { handle, opened };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function notRegular(file: string, found: StatsBase<number | bigint>): CheckpointError {
  const kind = found.isDirectory()
    ? 'a directory'
    : found.isFIFO()
      ? 'a pipe'
      : found.isSocket()
        ? 'a socket'
        : 'a device';
  return new CheckpointError('Unreadable', `${file} is not a file but ${kind}`, file);
}
