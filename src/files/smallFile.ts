/** Reads small local files whole, within limits of size and time. */

import { CheckpointError } from '../checkpoint/errors';
import { withDeadline } from './deadline';
import { fileError } from './fileError';
import { openRegularFile } from './regularFile';

interface SmallFileLimits {
  /** Maximum size in bytes. */
  readonly limit: number;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A network drive that sleeps needs seconds to wake up. A reader in front of an editor does not wait longer. */
const DEADLINE_MS = 15_000;
/** Bytes of the first read, which most configs fill at most. Zeroing a longer chunk takes longer than reading it. */
const FIRST_BYTES = 4 << 10;
/** Bytes of the other reads. Files of /proc demand a multiple of 8, so it does not shrink to a limit. */
const CHUNK_BYTES = 64 << 10;

/**
 * The text of a regular file in UTF-8, without a byte order mark. The size in the file's status is ignored: it is 0 for
 * endless files of /proc, and it can change. Rejects with `CheckpointError` Unreadable (no such file, no permission, no
 * regular file, too slow) or TooLarge, or with the signal's reason.
 */
export async function readSmallText(file: string, limits: SmallFileLimits): Promise<string> {
  const { limit, deadlineMs = DEADLINE_MS, signal } = limits;
  const slow = (): Error =>
    new CheckpointError('Unreadable', `${file} cannot be read within ${deadlineMs / 1000} s`, file);
  return withDeadline({ ms: () => deadlineMs, error: slow, signal }, async (until) => {
    try {
      return await readChunks(file, limit, until);
    } catch (error) {
      throw until.aborted || error instanceof CheckpointError ? error : fileError('Unreadable', file, error);
    }
  });
}

async function readChunks(file: string, limit: number, signal: AbortSignal): Promise<string> {
  const { handle } = await openRegularFile(file);
  try {
    const decoder = new TextDecoder();
    const texts: string[] = [];
    let chunk = new Uint8Array(FIRST_BYTES);
    for (let total = 0; ;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return texts.join('') + decoder.decode();
      total += bytesRead;
      if (total > limit) throw tooLarge(file, limit);
      texts.push(decoder.decode(chunk.subarray(0, bytesRead), { stream: true }));
      if (bytesRead === chunk.length && bytesRead < CHUNK_BYTES) chunk = new Uint8Array(CHUNK_BYTES);
    }
  } finally {
    await handle.close();
  }
}

function tooLarge(file: string, limit: number): CheckpointError {
  return new CheckpointError('TooLarge', `${file} has more than ${limit} bytes, which is the limit for it`, file);
}
