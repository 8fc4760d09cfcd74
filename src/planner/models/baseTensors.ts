/** Reads the names and shapes of a model's tensors from the safetensors headers in its config's folder. */

import { isObject } from '../../peftConfig/configValues';
import { parseJson } from '../../peftConfig/parseJson';
import type { NamedShape } from '../../budget/rows';
import { MAX_TENSORS } from '../../checkpoint/header';
import type { ModelFiles } from '../../files/modelFiles';

/** The largest published checkpoints have a few hundred shards. */
const MAX_SHARDS = 2_000;
/** An index names each tensor once, with about 100 bytes. */
const MAX_INDEX_BYTES = 64 << 20;

/** `null` without such files, or if one cannot be read: a part of a model would count too little. */
export async function baseTensors(files: ModelFiles, config: string): Promise<readonly NamedShape[] | null> {
  const folder = config.replace(/[\\/][^\\/]*$/, '');
  const index = `${folder}/model.safetensors.index.json`;
  if ((await files.stamp(index, MAX_INDEX_BYTES)) === null) return files.tensorShapes(`${folder}/model.safetensors`);
  const shapes: NamedShape[] = [];
  for (const shard of shardNames((await files.readText(index, MAX_INDEX_BYTES)) ?? '')) {
    const part = await files.tensorShapes(`${folder}/${shard}`);
    if (!part || shapes.length + part.length > MAX_TENSORS) return null;
    for (const shape of part) shapes.push(shape);
  }
  return shapes.length > 0 ? shapes : null;
}

/** An index is untrusted: it may only name files in its own folder. */
function shardNames(text: string): readonly string[] {
  let index: unknown;
  try {
    index = parseJson(text);
  } catch {
    return [];
  }
  const map = isObject(index) ? index['weight_map'] : undefined;
  const names = [...new Set(isObject(map) ? Object.values(map) : [])];
  const plain = names.filter(
    (name): name is string => typeof name === 'string' && /^[\w][\w.-]*\.safetensors$/.test(name),
  );
  return plain.length === names.length && plain.length <= MAX_SHARDS ? plain : [];
}
