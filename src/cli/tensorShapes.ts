/** Names and shapes of a model's tensors, from the header of its safetensors file or of the shards in its index. */

import { open } from 'node:fs/promises';
import * as path from 'node:path';
import { isObject } from '../peftConfig/configValues';
import type { NamedShape } from '../budget/rows';
import { headerLength, LENGTH_BYTES, parseSafetensorsHeader } from '../checkpoint/safetensors/safetensorsHeader';
import { readJson } from './readJson';

/** The largest published checkpoints have some hundreds. */
const MAX_SHARDS = 10_000;

export async function readTensorShapes(file: string): Promise<readonly NamedShape[]> {
  if (!file.endsWith('.json')) return headerShapes(file);
  const index = await readJson(file);
  const map = isObject(index) ? index['weight_map'] : undefined;
  if (!isObject(map)) throw new Error(`${file}: there is no weight_map`);
  const shards = [...new Set(Object.values(map))];
  if (shards.length > MAX_SHARDS) throw new Error(`${file}: ${shards.length} shards, at most ${MAX_SHARDS} are read`);
  const shapes: NamedShape[] = [];
  for (const shard of shards) {
    // An index is a stranger's: it names files beside itself and nothing else.
    if (typeof shard !== 'string' || shard !== path.basename(shard) || shard === '..')
      throw new Error(`${file}: ${JSON.stringify(shard)} is not the name of a file beside it`);
    shapes.push(...(await headerShapes(path.join(path.dirname(file), shard))));
  }
  return shapes;
}

async function headerShapes(file: string): Promise<readonly NamedShape[]> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `${file}: there is no such file` : `${file}: ${error.message}`);
  });
  try {
    const { size } = await handle.stat();
    const prefix = new Uint8Array(LENGTH_BYTES);
    await handle.read(prefix, 0, LENGTH_BYTES, 0);
    const header = new Uint8Array(headerLength(prefix, size));
    await handle.read(header, 0, header.length, LENGTH_BYTES);
    return parseSafetensorsHeader(header, size).tensors.map(({ name, shape }) => [name, shape] as const);
  } finally {
    await handle.close();
  }
}
