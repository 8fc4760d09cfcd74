/**
 * Reads small ranges of a file in larger pieces. Ten thousand modules have twenty thousand factors of a few kilobytes
 * each, which lie one after the other: a read each would take longer than everything else.
 */

import type { ByteSource } from './byteSource';
import { checkRange } from './byteSource';
import type { FileAccess } from './fileAccess';

/** Bytes that are read at once, and kept until another piece is needed. */
const PIECE_BYTES = 2 ** 20;
/** Largest range that is answered from a piece. Larger ones are read on their own. */
const SMALL_BYTES = 2 ** 16;

/** The same files, for a reader that goes through each of them mostly in order. */
export function readingAhead(files: FileAccess): FileAccess {
  const open: FileAccess['open'] = async (location, signal) => {
    const opened = await files.open(location, signal);
    return { ...opened, source: readAhead(opened.source) };
  };
  return { ...files, open };
}

/** A source that keeps the last piece it read. */
export function readAhead(source: ByteSource): ByteSource {
  let piece = { offset: 0, bytes: new Uint8Array(0) };
  const small = async (offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> => {
    let held = piece;
    if (offset < held.offset || offset + length > held.offset + held.bytes.length) {
      const bytes = await source.read(offset, Math.min(PIECE_BYTES, source.size - offset), signal);
      held = { offset, bytes };
      piece = held;
    }
    return held.bytes.subarray(offset - held.offset, offset - held.offset + length);
  };
  return {
    size: source.size,
    async read(offset, length, signal) {
      checkRange(offset, length, source.size);
      return length > SMALL_BYTES ? source.read(offset, length, signal) : (await small(offset, length, signal)).slice();
    },
    ...(source.readInto && {
      async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
        checkRange(offset, target.length, source.size);
        if (target.length > SMALL_BYTES) await source.readInto!(offset, target, signal);
        else target.set(await small(offset, target.length, signal));
      },
    }),
    close: () => source.close(),
  };
}
