/** Opens an index of shards: reads the index and the header of every shard that it names. */

import type { ByteSource } from '../checkpoint/byteSource';
import type { FileFacts } from '../checkpoint/describe';
import { CheckpointError, isCheckpointError } from '../checkpoint/errors';
import type { FileAccess } from '../checkpoint/fileAccess';
import { FilePool } from '../checkpoint/filePool';
import { Faults, MAX_TENSORS, tooManyTensors } from '../checkpoint/header';
import { FIRST_BYTES, openSafetensors } from '../checkpoint/safetensors/openSafetensors';
import { MAX_INDEX_BYTES, parseShardIndex, refusedShard, shardPart } from '../checkpoint/safetensors/shardIndex';
import type { ShardIndex } from '../checkpoint/safetensors/shardIndex';
import { mergeShards } from '../checkpoint/safetensors/shardedHeader';
import type { FoundShard } from '../checkpoint/safetensors/shardedHeader';
import type { Problem } from '../peftConfig/problem';
import { quoted } from '../peftConfig/quoted';
import type { OpenedFiles } from './openedFiles';
import { StoredTensor } from './storedMatrix';

/** Number of shards whose headers are read at a time: enough to hide a server's latency. */
const SHARDS_AT_ONCE = 8;
/** Upper bound on the first reads of all shards together. Only longer headers are read beyond it. */
const FIRST_BYTES_OF_SHARDS = 2 ** 20;
/** First read of a shard among very many: enough to recognise the format. */
const LEAST_FIRST_BYTES = 1024;
/** Upper bound on the headers of all shards together. Those of a 500 GB model have some megabytes. */
const MAX_SHARD_HEADER_BYTES = 2 ** 28;
/** Number of unlisted files that a problem names, since any of them may be a renamed shard. */
const MAX_NAMED = 5;

/** Closes `source` once the index is read. Rejects with `CheckpointError` if the index cannot be read. */
export async function openIndex(
  files: FileAccess,
  source: ByteSource,
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

  const shards = new ShardFiles(files, facts.path, index);
  try {
    const found = await shards.readHeaders(signal);
    const others = await otherShards(files, facts.path, index, found, signal);
    const merged = mergeShards(index, found, facts.bytes, faults);
    const header = others === null ? merged : { ...merged, notes: [others, ...(merged.notes ?? [])] };
    return {
      facts: shards.addTo(facts),
      header,
      tensor: (entry) => {
        const { bytes, dataStart } = header.shards![entry.shard!]!;
        return new StoredTensor(shards.source(entry.shard!, bytes), dataStart, entry);
      },
      close: () => shards.close(),
    };
  } catch (error) {
    await shards.close();
    throw error;
  }
}

interface Stamp {
  readonly size: number;
  readonly modified: number;
}

/** The shards of an index as files. A few are open at a time, and one that changed meanwhile is refused. */
class ShardFiles {
  private readonly stamps = new Map<number, Stamp>();
  private readonly pool = new FilePool((shard, signal) => this.reopen(shard, signal));

  constructor(
    private readonly files: FileAccess,
    private readonly indexPath: string,
    private readonly index: ShardIndex,
  ) {}

  async readHeaders(signal?: AbortSignal): Promise<FoundShard[]> {
    const { shards } = this.index;
    const share = Math.floor(FIRST_BYTES_OF_SHARDS / shards.length);
    const firstBytes = Math.max(LEAST_FIRST_BYTES, Math.min(FIRST_BYTES, share));
    let headerBytes = 0;
    let tensors = 0;
    return inParallel(shards, async (name, shard): Promise<FoundShard> => {
      const refused = refusedShard(name);
      if (refused) return { header: null, failure: refused };
      try {
        if (headerBytes > MAX_SHARD_HEADER_BYTES) {
          throw new CheckpointError('TooLarge', `the headers before it have more than ${MAX_SHARD_HEADER_BYTES} bytes`);
        }
        const source = await this.open(shard, signal);
        const start = await source.read(0, Math.min(firstBytes, source.size), signal);
        const header = await openSafetensors(source, signal, start);
        headerBytes += header.headerBytes;
        if (tensors + header.tensors.length > MAX_TENSORS) throw tooManyTensors('the checkpoint up to here');
        tensors += header.tensors.length;
        return { header, bytes: source.size };
      } catch (error) {
        if (!isCheckpointError(error)) throw error;
        return { header: null, failure: error };
      }
    });
  }

  /** The facts of the index, with the size of all shards and the time of the latest change. */
  addTo(facts: FileFacts): FileFacts {
    const stamps = [...this.stamps.values()];
    return {
      ...facts,
      bytes: stamps.reduce((sum, { size }) => sum + size, facts.bytes),
      modified: stamps.reduce((latest, { modified }) => Math.max(latest, modified), facts.modified),
    };
  }

  source(shard: number, bytes: number): ByteSource {
    return this.pool.source(shard, bytes);
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private locate(shard: number): string {
    return this.files.beside(this.indexPath, this.index.shards[shard]!);
  }

  private async open(shard: number, signal?: AbortSignal): Promise<ByteSource> {
    const { source, modified } = await this.files.open(this.locate(shard), signal);
    this.stamps.set(shard, { size: source.size, modified });
    await this.pool.keep(shard, source);
    return this.pool.source(shard, source.size);
  }

  private async reopen(shard: number, signal?: AbortSignal): Promise<ByteSource> {
    const { source, modified } = await this.files.open(this.locate(shard), signal);
    const stamp = this.stamps.get(shard);
    if (stamp?.size === source.size && stamp.modified === modified) return source;
    await source.close();
    const name = this.index.shards[shard]!;
    const message = `shard ${quoted(name)} changed since it was opened. Reload to see it as it is now.`;
    throw new CheckpointError('Changed', message, name);
  }
}

/** A warning about files beside the index that it does not list, though they look like its shards or a missing one. */
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

/** Runs `job` for every item, a few at a time. Results keep the order of the items. Rejects with the first failure. */
async function inParallel<T, R>(items: readonly T[], job: (item: T, i: number) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await job(items[i]!, i);
  };
  await Promise.all(Array.from({ length: Math.min(SHARDS_AT_ONCE, items.length) }, work));
  return results;
}
