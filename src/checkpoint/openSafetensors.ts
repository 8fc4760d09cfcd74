/** Opens a safetensors file by its header: whatever its size, no more is read. */

import type { ByteSource } from './byteSource';
import { CheckpointError } from './errors';
import { SNIFFED_BYTES, recognise } from './fileKind';
import { LENGTH_BYTES, headerLength, parseSafetensorsHeader } from './safetensorsHeader';
import type { SafetensorsHeader } from './safetensorsHeader';

/**
 * Rejects with `CheckpointError` where nothing of the file can be shown: NotSafetensors with what it is instead, where
 * that can be told, or the header's own fault.
 */
export async function openSafetensors(source: ByteSource, signal?: AbortSignal): Promise<SafetensorsHeader> {
  const start = await source.read(0, Math.min(SNIFFED_BYTES, source.size), signal);
  try {
    const length = headerLength(start, source.size);
    return parseSafetensorsHeader(await source.read(LENGTH_BYTES, length, signal), source.size);
  } catch (error) {
    const kind = error instanceof CheckpointError ? recognise(start, source.size) : null;
    if (kind === null) throw error;
    throw new CheckpointError('NotSafetensors', kind);
  }
}
