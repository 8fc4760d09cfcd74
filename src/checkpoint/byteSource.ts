/** Where bytes come from: a local file, a server, memory. Everything is read in ranges. */

import { CheckpointError } from './errors';

export interface ByteSource {
  /** In bytes, when it was opened. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset` on, in a buffer of their own.
   * Rejects with `CheckpointError` InvalidRange for a range outside the source, Changed where it is not what was opened
   * any more, Network where a server fails, and with the signal's reason once that is aborted.
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Fills `target` from `offset` on, which may be shared memory; rejects as `read` does. Only where that saves a copy:
   * a source that is near and fast. Until it has settled, `target` may be written.
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

/** Throws ShortRead, for a file that ends early though nothing else says that it changed. */
export function shortRead(offset: number, length: number, got: number): never {
  throw new CheckpointError(
    'ShortRead',
    `expected ${length} bytes at ${offset}, got ${got}: the file became shorter since it was opened`,
  );
}

/** Bytes already in memory as a source. */
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
