/** Opens whatever a checkpoint is: one safetensors or GGUF file, or an index with its shards. Headers only. */

import type { ByteSource } from '../checkpoint/byteSource';
import type { FileFacts } from '../checkpoint/describe';
import { CheckpointError } from '../checkpoint/errors';
import { quoted } from '../peftConfig/quoted';
import { isGguf, readGgufHeader } from '../checkpoint/gguf/ggufHeader';
import { Faults } from '../checkpoint/header';
import type { CheckpointHeader, TensorEntry } from '../checkpoint/header';
import { FIRST_BYTES, openSafetensors } from '../checkpoint/safetensors/openSafetensors';
import {
  MAX_INDEX_BYTES,
  isShardIndex,
  parseShardIndex,
  refusedShard,
  shardPart,
} from '../checkpoint/safetensors/shardIndex';
import type { ShardIndex } from '../checkpoint/safetensors/shardIndex';
import { mergeShards } from '../checkpoint/safetensors/shardedHeader';
import type { FoundShard } from '../checkpoint/safetensors/shardedHeader';
import type { Problem } from '../peftConfig/problem';
import type { FileAccess, OpenedFile } from '../checkpoint/fileAccess';
import { FilePool } from '../checkpoint/filePool';
import { StoredTensor } from './storedMatrix';

/** Shards whose headers are read at a time: enough to hide a server's latency. */
const SHARDS_AT_ONCE = 8;
/** Read first of all shards together: beyond their headers never more. */
const FIRST_BYTES_OF_SHARDS = 2 ** 20;
/** Of one of very many: enough to tell what it is. */
const LEAST_FIRST_BYTES = 1024;
/** Headers of all shards together; those of a 500 GB model have some megabytes. */
const MAX_SHARD_HEADER_BYTES = 2 ** 28;
/** Files beside an index that are named as what a missing shard may be called now. */
const MAX_NAMED = 5;

export interface OpenedFiles {
  readonly facts: FileFacts;
  readonly header: CheckpointHeader;
  /** Throws `CheckpointError` Unreadable for a tensor whose data is not whole or cannot be decoded. */
  tensor(entry: TensorEntry): StoredTensor;
  close(): Promise<void>;
}

/** Rejects with `CheckpointError` where nothing can be shown. */
export async function openFiles(files: FileAccess, path: string, signal?: AbortSignal): Promise<OpenedFiles> {
  const file = await files.open(path, signal);
  const { source, name, folder, modified } = file;
  try {
    const facts = { path, name, folder, bytes: source.size, modified };
    if (isShardIndex(name)) return await openIndex(files, file, facts, signal);
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
  if (isGguf(start)) return readGgufHeader(source, signal);
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

async function openIndex(
  files: FileAccess,
  { source, modified }: OpenedFile,
  facts: FileFacts,
  signal?: AbortSignal,
): Promise<OpenedFiles> {
  if (source.size > MAX_INDEX_BYTES) {
    throw new CheckpointError('TooLarge', `the index has ${source.size} bytes, at most ${MAX_INDEX_BYTES} are read`);
  }
  const faults = new Faults();
  const text = new TextDecoder('utf-8').decode(await source.read(0, source.size, signal));
  const index = parseShardIndex(text, faults);
  await source.close();

  const stamps = new Map<number, { readonly size: number; readonly modified: number }>();
  const pool = new FilePool(async (number, poolSignal) => {
    const name = index.shards[number]!;
    const shard = await files.open(files.beside(facts.path, name), poolSignal);
    const stamp = stamps.get(number);
    if (stamp?.size === shard.source.size && stamp.modified === shard.modified) return shard.source;
    await shard.source.close();
    throw new CheckpointError(
      'Changed',
      `shard ${quoted(name)} changed since it was opened. Reload to see it as it is now.`,
      name,
    );
  });
  try {
    let headerBytes = 0;
    const share = Math.floor(FIRST_BYTES_OF_SHARDS / index.shards.length);
    const firstBytes = Math.max(LEAST_FIRST_BYTES, Math.min(FIRST_BYTES, share));
    const found = await inParallel(index.shards, async (name, number): Promise<FoundShard> => {
      const failure = refusedShard(name);
      if (failure) return { header: null, failure };
      try {
        if (headerBytes > MAX_SHARD_HEADER_BYTES) {
          throw new CheckpointError('TooLarge', `the headers before it have more than ${MAX_SHARD_HEADER_BYTES} bytes`);
        }
        const shard = await files.open(files.beside(facts.path, name), signal);
        stamps.set(number, { size: shard.source.size, modified: shard.modified });
        await pool.keep(number, shard.source);
        const source = pool.source(number, shard.source.size);
        const start = await source.read(0, Math.min(firstBytes, source.size), signal);
        const header = await openSafetensors(source, signal, start);
        headerBytes += header.headerBytes;
        return { header, bytes: shard.source.size };
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        return { header: null, failure: error };
      }
    });
    const others = await otherShards(files, facts.path, index, found, signal);
    const merged = mergeShards(index, found, facts.bytes, faults);
    const header = others === null ? merged : { ...merged, notes: [others, ...(merged.notes ?? [])] };
    const shardStamps = [...stamps.values()];
    return {
      facts: {
        ...facts,
        bytes: shardStamps.reduce((sum, { size }) => sum + size, facts.bytes),
        modified: shardStamps.reduce((latest, stamp) => Math.max(latest, stamp.modified), modified),
      },
      header,
      tensor: (entry) => {
        const shard = header.shards![entry.shard!]!;
        return new StoredTensor(pool.source(entry.shard!, shard.bytes), shard.dataStart, entry);
      },
      close: () => pool.close(),
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Files beside the index that it does not name though they look like its shards, or like one that is missing. */
async function otherShards(
  files: FileAccess,
  path: string,
  { shards }: ShardIndex,
  found: readonly FoundShard[],
  signal?: AbortSignal,
): Promise<Problem | null> {
  const missing = found.some(({ header }) => header === null);
  const known = new Set(shards);
  const stems = new Set(shards.map((name) => shardPart(name)?.stem));
  const names = (await files.namesBeside(path, signal).catch(() => null)) ?? [];
  const others = names.filter((name) => {
    if (known.has(name) || !/\.safetensors$/i.test(name)) return false;
    const part = shardPart(name);
    return missing || (part !== null && stems.has(part.stem));
  });
  if (others.length === 0) return null;
  const named = others.sort().slice(0, MAX_NAMED).map(quoted).join(', ');
  const more = others.length > MAX_NAMED ? ` and ${others.length - MAX_NAMED} more` : '';
  const why = missing ? ': missing shards may have been renamed' : '';
  return { severity: 'warning', message: `beside the index, but not in it: ${named}${more}${why}` };
}

/** `job` of every item, a few at a time; in the order of the items. Rejects with the first failure. */
async function inParallel<T, R>(items: readonly T[], job: (item: T, i: number) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await job(items[i]!, i);
  };
  await Promise.all(Array.from({ length: Math.min(SHARDS_AT_ONCE, items.length) }, work));
  return results;
}
