/** Opens a safetensors file by its header: whatever its size, no more is read. */

import type { ByteSource } from '../byteSource';
import { CheckpointError } from '../errors';
import { recognise } from '../fileKind';
import { LENGTH_BYTES, headerLength, parseSafetensorsHeader } from './safetensorsHeader';
import type { SafetensorsHeader } from './safetensorsHeader';

/** Read first: most headers whole, and little of what is not header. */
export const FIRST_BYTES = 16 * 2 ** 10;

/**
 * `start` is what the file begins with, the length of the header at least, where that was read before. Rejects with
 * `CheckpointError` where nothing of the file can be shown: NotSafetensors with what it is instead, where that can be
 * told, or the header's own fault.
 */
export async function openSafetensors(
  source: ByteSource,
  signal?: AbortSignal,
  start?: Uint8Array,
): Promise<SafetensorsHeader> {
  start ??= await source.read(0, Math.min(FIRST_BYTES, source.size), signal);
  try {
    const end = LENGTH_BYTES + headerLength(start, source.size);
    if (end <= start.length) return parseSafetensorsHeader(start.subarray(LENGTH_BYTES, end), source.size);
    const header = new Uint8Array(end - LENGTH_BYTES);
    header.set(await source.read(start.length, end - start.length, signal), start.length - LENGTH_BYTES);
    header.set(start.subarray(LENGTH_BYTES));
    return parseSafetensorsHeader(header, source.size);
  } catch (error) {
    const kind = error instanceof CheckpointError ? recognise(start, source.size) : null;
    if (kind === null) throw error;
    throw new CheckpointError('NotSafetensors', kind);
  }
}
