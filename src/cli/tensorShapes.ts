/**
 * Reads the names and shapes of a model's tensors from the header of its safetensors file, or of the shards in its
 * index.
 */

import { open } from 'node:fs/promises';
import * as path from 'node:path';
import { isObject } from '../peftConfig/configValues';
import type { NamedShape } from '../budget/rows';
import { packedWeights } from '../checkpoint/packedWeights';
import { modelQuantization } from '../checkpoint/modelQuantization';
import type { TensorEntry } from '../checkpoint/header';
import { headerLength, LENGTH_BYTES, parseSafetensorsHeader } from '../checkpoint/safetensors/safetensorsHeader';
import { readJson } from './readJson';

/** The largest published checkpoints have a few hundred shards. */
const MAX_SHARDS = 10_000;

/**
 * The shapes of the weights that the file stands for: a quantised checkpoint stores them packed. Weights whose shapes
 * the header does not give are left out, and `complete` is then false.
 */
export async function readTensorShapes(
  file: string,
  modelConfig: unknown,
): Promise<{ readonly tensors: readonly NamedShape[]; readonly complete: boolean }> {
  const entries = await readEntries(file);
  const { weights, companions } = packedWeights(entries, modelQuantization(modelConfig));
  const tensors = entries.flatMap(({ name, shape }): NamedShape[] => {
    if (companions.has(name)) return [];
    const packed = weights.get(name);
    if (!packed) return [[name, shape]];
    return packed.shape ? [[packed.name, packed.shape]] : [];
  });
  return { tensors, complete: [...weights.values()].every(({ shape }) => shape !== null) };
}

async function readEntries(file: string): Promise<readonly TensorEntry[]> {
  if (!file.endsWith('.json')) return headerEntries(file);
  const index = await readJson(file);
  const map = isObject(index) ? index['weight_map'] : undefined;
  if (!isObject(map)) throw new Error(`${file}: weight_map is missing`);
  const shards = [...new Set(Object.values(map))];
  if (shards.length > MAX_SHARDS)
    throw new Error(`${file}: the index lists ${shards.length} shards, the limit is ${MAX_SHARDS}`);
  const entries: TensorEntry[] = [];
  for (const shard of shards) {
    // The index is untrusted: it may name only files in its own folder.
    if (typeof shard !== 'string' || shard !== path.basename(shard) || shard === '..')
      throw new Error(`${file}: ${JSON.stringify(shard)} is not the name of a file in the same folder`);
    entries.push(...(await headerEntries(path.join(path.dirname(file), shard))));
  }
  return entries;
}

async function headerEntries(file: string): Promise<readonly TensorEntry[]> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `${file}: there is no such file` : `${file}: ${error.message}`);
  });
  try {
    const { size } = await handle.stat();
    const prefix = new Uint8Array(LENGTH_BYTES);
    await handle.read(prefix, 0, LENGTH_BYTES, 0);
    const header = new Uint8Array(headerLength(prefix, size));
    await handle.read(header, 0, header.length, LENGTH_BYTES);
    return parseSafetensorsHeader(header, size).tensors;
  } finally {
    await handle.close();
  }
}
