/** Reads whole tensors of a checkpoint as float32, for models that fit into memory. */

import { CheckpointError } from '../checkpoint/errors';
import type { FileAccess } from '../checkpoint/fileAccess';
import { decodeValues, valuesFor } from '../checkpoint/dtypes';
import type { TensorEntry } from '../checkpoint/header';
import { quoted } from '../peftConfig/quoted';
import { Tensor } from '../tensor/tensor';
import { openFiles } from './openFiles';
import type { OpenedFiles } from './openedFiles';

/** Entries that are decoded at a time: few, so that the stored bytes and the values are never in memory together. */
const ENTRIES_AT_ONCE = 2 ** 20;

interface WantedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The wanted tensors of a file, or of an index with its shards. Rejects with `CheckpointError`: NotFound if a tensor is
 * missing, TensorInvalidInfo if one has another shape, Unreadable if one cannot be decoded.
 */
export async function readTensors(
  files: FileAccess,
  path: string,
  wanted: readonly WantedTensor[],
  signal?: AbortSignal,
): Promise<Record<string, Tensor>> {
  const opened = await openFiles(files, path, signal);
  try {
    const entries = new Map(opened.header.tensors.map((entry) => [entry.name, entry]));
    const tensors: Record<string, Tensor> = {};
    for (const { name, shape } of wanted) {
      const entry = entries.get(name);
      if (!entry) throw new CheckpointError('NotFound', `there is no tensor ${quoted(name)}`, name);
      if (entry.shape.join() !== shape.join()) {
        const shapes = `shape [${entry.shape.join(', ')}], expected [${shape.join(', ')}] from config.json`;
        throw new CheckpointError('TensorInvalidInfo', `tensor ${quoted(name)}: ${shapes}`, name);
      }
      tensors[name] = await readTensor(opened, entry, signal);
    }
    return tensors;
  } finally {
    await opened.close();
  }
}

async function readTensor(opened: OpenedFiles, entry: TensorEntry, signal?: AbortSignal): Promise<Tensor> {
  const stored = opened.tensor(entry);
  const tensor = Tensor.zeros(entry.shape);
  for (let first = 0; first < tensor.size; first += ENTRIES_AT_ONCE) {
    const count = Math.min(ENTRIES_AT_ONCE, tensor.size - first);
    const { bytes, skip } = await stored.read(first, count, signal);
    const values = valuesFor(entry.dtype, count);
    decodeValues(entry.dtype, bytes, values, skip);
    tensor.data.set(values, first);
  }
  return tensor;
}
