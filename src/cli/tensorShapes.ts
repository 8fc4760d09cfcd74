/**
 * Reads the names and shapes of a model's tensors from the header of its safetensors file, or of the shards in its
 * index.
 */

import * as path from 'node:path';
import { isObject, shownValue } from '../peftConfig/configValues';
import type { NamedShape } from '../budget/rows';
import { CheckpointError } from '../checkpoint/errors';
import { MAX_TENSORS, tooManyTensors } from '../checkpoint/header';
import type { TensorEntry } from '../checkpoint/header';
import { modelQuantization } from '../checkpoint/modelQuantization';
import { packedWeights } from '../checkpoint/packedWeights';
import { openSafetensors } from '../checkpoint/safetensors/openSafetensors';
import { MAX_SHARDS } from '../checkpoint/safetensors/shardIndex';
import { nodeFiles } from '../files/nodeFile';
import { readJson } from './readJson';

/** Characters of a wrong shard name in a message. */
const SHOWN_CHARACTERS = 200;

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
  if (!isObject(map)) throw new CheckpointError('NotSafetensors', `${file}: weight_map is missing`);
  const shards = [...new Set(Object.values(map))];
  if (shards.length > MAX_SHARDS)
    throw new CheckpointError(
      'TooLarge',
      `${file}: the index lists ${shards.length} shards, the limit is ${MAX_SHARDS}`,
    );
  const entries: TensorEntry[] = [];
  for (const shard of shards) {
    // The index is untrusted: it may name only files in its own folder.
    if (typeof shard !== 'string' || shard !== path.basename(shard) || shard === '..')
      throw new CheckpointError(
        'Unreadable',
        `${file}: ${shownValue(shard).slice(0, SHOWN_CHARACTERS)} is not the name of a file in the same folder`,
      );
    for (const entry of await headerEntries(path.join(path.dirname(file), shard))) {
      if (entries.length === MAX_TENSORS) throw tooManyTensors(file);
      entries.push(entry);
    }
  }
  return entries;
}

async function headerEntries(file: string): Promise<readonly TensorEntry[]> {
  const { source } = await nodeFiles.open(file);
  try {
    return (await openSafetensors(source)).tensors;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CheckpointError(error.code, `${file}: ${error.message}`, error.subject);
  } finally {
    await source.close();
  }
}
