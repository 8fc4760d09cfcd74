/** Opens a safetensors file of any size by reading its header alone. */

import type { ByteSource } from '../byteSource';
import { CheckpointError } from '../errors';
import { recognise } from '../fileKind';
import { Pacer } from '../pacer';
import { LENGTH_BYTES, headerLength, parseSafetensorsHeader } from './safetensorsHeader';
import type { SafetensorsHeader } from './safetensorsHeader';

/** Size of the first read, which covers most headers and little else. */
export const FIRST_BYTES = 16 * 2 ** 10;

/**
 * `start` holds the first bytes of the file if they were already read, at least the length of the header. Rejects with
 * `CheckpointError` if nothing of the file can be shown: NotSafetensors if the actual kind of file is recognised, or
 * else the header's own fault.
 */
export async function openSafetensors(
  source: ByteSource,
  signal?: AbortSignal,
  start?: Uint8Array,
): Promise<SafetensorsHeader> {
  start ??= await source.read(0, Math.min(FIRST_BYTES, source.size), signal);
  try {
    const end = LENGTH_BYTES + headerLength(start, source.size);
    const parse = (header: Uint8Array): Promise<SafetensorsHeader> =>
      new Pacer(signal).run(parseSafetensorsHeader(header, source.size));
    if (end <= start.length) return await parse(start.subarray(LENGTH_BYTES, end));
    const header = new Uint8Array(end - LENGTH_BYTES);
    header.set(await source.read(start.length, end - start.length, signal), start.length - LENGTH_BYTES);
    header.set(start.subarray(LENGTH_BYTES));
    return await parse(header);
  } catch (error) {
    const kind = error instanceof CheckpointError ? recognise(start, source.size) : null;
    if (kind === null) throw error;
    throw new CheckpointError('NotSafetensors', kind);
  }
}
