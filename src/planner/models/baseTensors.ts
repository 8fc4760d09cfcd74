/** Reads the names and shapes of a model's tensors from the safetensors headers in its config's folder. */

import type { NamedShape } from '../../budget/rows';
import type { ModelFiles } from '../../files/modelFiles';
import { scanJson } from '../scan/jsonScalars';

/** The largest published checkpoints have a few hundred shards. */
const MAX_SHARDS = 2_000;
/** An index names each tensor once, with about 100 bytes. */
const MAX_INDEX_BYTES = 32 << 20;
/** A header takes about 100 bytes a tensor, and parsing it ten times as much memory. */
const MAX_HEADER_BYTES = 8 << 20;
/** Twice as many as the largest published checkpoints have. */
const MAX_TENSORS = 200_000;

/** `null` without such files, or if one cannot be read: a part of a model would count too little. */
export async function baseTensors(files: ModelFiles, config: string): Promise<readonly NamedShape[] | null> {
  const folder = config.replace(/[\\/][^\\/]*$/, '');
  const index = `${folder}/model.safetensors.index.json`;
  if ((await files.status(index, MAX_INDEX_BYTES)) === null)
    return files.tensorShapes(`${folder}/model.safetensors`, MAX_HEADER_BYTES);
  const shapes: NamedShape[] = [];
  for (const shard of shardNames((await files.readText(index, MAX_INDEX_BYTES)) ?? '')) {
    const part = await files.tensorShapes(`${folder}/${shard}`, MAX_HEADER_BYTES);
    if (!part || shapes.length + part.length > MAX_TENSORS) return null;
    for (const shape of part) shapes.push(shape);
  }
  return shapes.length > 0 ? shapes : null;
}

/** An index is untrusted: it may only name files in its own folder. */
function shardNames(text: string): readonly string[] {
  const names = new Set<string>();
  let plain = true;
  scanJson(
    text,
    ({ depth, key, from, to }) => {
      if (depth !== 2 || key !== 'weight_map' || !plain) return;
      const literal = text.slice(from, Math.min(to, from + MAX_LITERAL));
      plain = SHARD.test(literal);
      if (plain) names.add(literal.slice(1, -1));
      if (names.size > MAX_SHARDS) plain = false;
    },
    2,
  );
  return plain ? [...names] : [];
}

/** A file name has at most 255 bytes. */
const MAX_LITERAL = 300;
const SHARD = /^"\w[\w.-]*\.safetensors"$/;
