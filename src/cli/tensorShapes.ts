/**
 * Reads the names and shapes of a model's tensors from the header of its safetensors file, or of the shards in its
 * index.
 */

import * as path from 'node:path';
import { isObject, shownValue } from '../peftConfig/configValues';
import type { NamedShape } from '../budget/rows';
import { CheckpointError } from '../checkpoint/errors';
import { MAX_TENSORS, tooManyTensors } from '../checkpoint/header';
import { openSafetensors } from '../checkpoint/safetensors/openSafetensors';
import { MAX_SHARDS } from '../checkpoint/safetensors/shardIndex';
import { nodeFiles } from '../files/nodeFile';
import { readJson } from './readJson';

/** Characters of a wrong shard name in a message. */
const SHOWN_CHARACTERS = 200;

export async function readTensorShapes(file: string): Promise<readonly NamedShape[]> {
  if (!file.endsWith('.json')) return headerShapes(file);
  const index = await readJson(file);
  const map = isObject(index) ? index['weight_map'] : undefined;
  if (!isObject(map)) throw new CheckpointError('NotSafetensors', `${file}: weight_map is missing`);
  const shards = [...new Set(Object.values(map))];
  if (shards.length > MAX_SHARDS)
    throw new CheckpointError(
      'TooLarge',
      `${file}: the index lists ${shards.length} shards, the limit is ${MAX_SHARDS}`,
    );
  const shapes: NamedShape[] = [];
  for (const shard of shards) {
    // The index is untrusted: it may name only files in its own folder.
    if (typeof shard !== 'string' || shard !== path.basename(shard) || shard === '..')
      throw new CheckpointError(
        'Unreadable',
        `${file}: ${shownValue(shard).slice(0, SHOWN_CHARACTERS)} is not the name of a file in the same folder`,
      );
    for (const shape of await headerShapes(path.join(path.dirname(file), shard))) {
      if (shapes.length === MAX_TENSORS) throw tooManyTensors(file);
      shapes.push(shape);
    }
  }
  return shapes;
}

async function headerShapes(file: string): Promise<readonly NamedShape[]> {
  const { source } = await nodeFiles.open(file);
  try {
    const { tensors } = await openSafetensors(source);
    return tensors.map(({ name, shape }) => [name, shape] as const);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CheckpointError(error.code, `${file}: ${error.message}`, error.subject);
  } finally {
    await source.close();
  }
}
