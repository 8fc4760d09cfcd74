/** Reads the tensors that an adapter saves whole, bytes as they are. */

import type { FileAccess } from '../checkpoint/fileAccess';
import { isDtype } from '../checkpoint/dtypes';
import type { TensorData } from '../checkpoint/safetensors/safetensorsWriter';
import { openFiles } from '../matrices/openFiles';
import { SurgeryError } from './errors';
import type { OpenedAdapter } from './readAdapter';

/** Embeddings of a vocabulary of 256,000 in 8192 dimensions, in 16 bits. */
const MAX_REPLACED_BYTES = 2 ** 32;

/** Rejects with `SurgeryError` Unsupported for too many bytes. */
export async function readReplaced(
  files: FileAccess,
  adapters: readonly OpenedAdapter[],
  signal?: AbortSignal,
): Promise<TensorData[]> {
  const tensors: TensorData[] = [];
  for (const { path, replaced } of adapters) {
    if (replaced.length === 0) continue;
    const bytes = replaced.reduce((sum, tensor) => sum + tensor.bytes, 0);
    if (bytes > MAX_REPLACED_BYTES)
      throw new SurgeryError(
        'Unsupported',
        `${path}: modules saved whole take ${bytes} bytes, at most ${MAX_REPLACED_BYTES}`,
      );
    const opened = await openFiles(files, path, signal);
    try {
      const entries = new Map(opened.header.tensors.map((entry) => [entry.name, entry]));
      for (const { name } of replaced) {
        const entry = entries.get(name)!;
        if (!isDtype(entry.dtype))
          throw new SurgeryError('Unsupported', `${name}: type ${entry.dtype} cannot be written to safetensors`, name);
        const count = entry.shape.reduce((product, side) => product * side, 1);
        const { bytes: data } = await opened.tensor(entry).read(0, count, signal);
        tensors.push({ name, dtype: entry.dtype, shape: entry.shape, data });
      }
    } finally {
      await opened.close();
    }
  }
  return tensors;
}
