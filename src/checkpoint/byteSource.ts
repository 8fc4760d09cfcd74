/** A source of bytes: a local file, a server, or memory. It is always read in ranges. */

import { CheckpointError } from './errors';

export interface ByteSource {
  /** Size in bytes at the time of opening. */
  readonly size: number;
  /**
   * Reads exactly `length` bytes from `offset` on, into a new buffer. Rejects with `CheckpointError` InvalidRange for a
   * range outside the source, Changed if the file changed since it was opened, Network if a server fails, and with the
   * signal's reason once it is aborted.
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Fills `target`, which may be shared memory, with the bytes from `offset` on. Rejects as `read` does. `target` may
   * be written until the promise settles. Only sources on fast local storage have this method: there it saves a copy.
   */
  readInto?(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Throws InvalidRange unless [offset, offset + length) lies within the source. */
export function checkRange(offset: number, length: number, size: number): void {
  const valid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (valid && offset + length <= size) return;
  throw new CheckpointError('InvalidRange', `bytes [${offset}, ${offset + length}) are outside the file's ${size}`);
}

/** Throws ShortRead: the file ends early, although nothing else shows that it changed. */
export function shortRead(offset: number, length: number, got: number): never {
  throw new CheckpointError(
    'ShortRead',
    `expected ${length} bytes at ${offset}, got ${got}: the file became shorter since it was opened`,
  );
}

/** A source over bytes that are already in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (offset, length, signal) => {
      signal?.throwIfAborted();
      checkRange(offset, length, bytes.length);
      return bytes.slice(offset, offset + length);
    },
    close: async () => undefined,
  };
}
