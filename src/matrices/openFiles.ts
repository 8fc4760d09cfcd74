/** Opens a checkpoint of any kind: one safetensors or GGUF file, or an index with its shards. Reads headers only. */

import type { ByteSource } from '../checkpoint/byteSource';
import { CheckpointError } from '../checkpoint/errors';
import type { FileAccess } from '../checkpoint/fileAccess';
import { isGguf } from '../checkpoint/gguf/ggufMagic';
import type { CheckpointHeader } from '../checkpoint/header';
import { FIRST_BYTES, openSafetensors } from '../checkpoint/safetensors/openSafetensors';
import { isShardIndex, shardPart } from '../checkpoint/safetensors/shardIndex';
import { quoted } from '../peftConfig/quoted';
import type { OpenedFiles } from './openedFiles';
import { StoredTensor } from './storedMatrix';

/** Rejects with `CheckpointError` if nothing can be shown. */
export async function openFiles(files: FileAccess, path: string, signal?: AbortSignal): Promise<OpenedFiles> {
  const file = await files.open(path, signal);
  const { source, name, folder, modified } = file;
  try {
    const facts = { path, name, folder, bytes: source.size, modified };
    if (isShardIndex(name)) return await (await import('./openIndex.js')).openIndex(files, source, facts, signal);
    const header = await openHeader(source, name, signal);
    return {
      facts,
      header,
      tensor: (entry) => new StoredTensor(source, header.dataStart, entry),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openHeader(source: ByteSource, name: string, signal?: AbortSignal): Promise<CheckpointHeader> {
  const start = await source.read(0, Math.min(FIRST_BYTES, source.size), signal);
  if (isGguf(start)) return (await import('../checkpoint/gguf/ggufHeader.js')).readGgufHeader(source, signal);
  const header = await openSafetensors(source, signal, start).catch((error: unknown) => {
    const other = error instanceof CheckpointError && error.code !== 'NotSafetensors' && /\.gguf$/i.test(name);
    if (!other) throw error;
    const beginning = quoted(new TextDecoder('latin1').decode(start.subarray(0, 4)));
    throw new CheckpointError('InvalidHeader', `the file begins with ${beginning}, and a GGUF file with 'GGUF'`);
  });
  const shard = shardPart(name);
  if (!shard) return header;
  const message =
    `this file is part ${shard.part} of ${shard.parts} of a checkpoint: ` +
    `open ${quoted(`${shard.stem}.safetensors.index.json`)} beside it to see all of it`;
  return { ...header, notes: [{ severity: 'info', message }] };
}
