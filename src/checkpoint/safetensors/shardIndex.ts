/**
 * The index of a sharded checkpoint, `model.safetensors.index.json`: {"metadata": {"total_size": bytes},
 * "weight_map": {tensor: file}}. The file names are untrusted: see `besideSegments`.
 */

import { besideSegments } from '../besideName';
import { CheckpointError } from '../errors';
import { quoted } from '../../peftConfig/quoted';
import { CONVERT } from '../fileKind';
import { MAX_TENSORS, tooManyTensors } from '../header';
import type { Faults } from '../header';
import { JsonReader, JsonSyntaxError } from './jsonReader';

/** Upper bound on the index. One with 200,000 tensors has 20 MB. */
export const MAX_INDEX_BYTES = 100_000_000;
/** The largest published checkpoints have a few hundred shards. Each is opened, also if it is missing. */
export const MAX_SHARDS = 2_000;

export interface ShardIndex {
  /** File names in index order, without duplicates. */
  readonly shards: readonly string[];
  /** Index into `shards` by tensor name. */
  readonly weightMap: ReadonlyMap<string, number>;
  /** Size of all tensors in bytes, and below it their number of entries, as the index claims. */
  readonly totalSize: number | null;
  readonly totalParameters: number | null;
  readonly metadata: readonly (readonly [string, string])[];
}

export function isShardIndex(name: string): boolean {
  return /\.index\.json$/i.test(name);
}

/** 'model-00001-of-00003.safetensors' is part 1 of 3. `null` for any other name. */
export function shardPart(name: string): { stem: string; part: number; parts: number } | null {
  const found = /^(.*[-_.])?(\d{5,6})-of-(\d{5,6})\.safetensors$/i.exec(name);
  return found && { stem: (found[1] ?? '').slice(0, -1), part: Number(found[2]), parts: Number(found[3]) };
}

/** The reason why a file of that name is not opened as a shard, or `null` if it is. */
export function refusedShard(name: string): CheckpointError | null {
  try {
    besideSegments(name);
  } catch (error) {
    if (error instanceof CheckpointError) return error;
    throw error;
  }
  if (/\.safetensors$/i.test(name)) return null;
  const what = /\.(bin|pt|pth|ckpt)$/i.test(name) ? `a PyTorch pickle. ${CONVERT}` : 'not a safetensors file';
  return new CheckpointError('NotSafetensors', `${quoted(name)} is ${what}`, name);
}

/** Throws `CheckpointError` if no tensor can be listed. All other faults go to `faults`. */
export function parseShardIndex(text: string, faults: Faults): ShardIndex {
  const numbers = new Map<string, number>();
  const weightMap = new Map<string, number>();
  const metadata: [string, string][] = [];
  const reader = new JsonReader(text);
  let found = false;
  try {
    reader.object((key) => {
      if (key === 'weight_map' && reader.peekKind() === 'object' && !found) {
        found = true;
        reader.object((tensor) => readPlace(reader, tensor, numbers, weightMap, faults));
      } else if (key === 'metadata' && reader.peekKind() === 'object') {
        reader.object((name) => metadata.push([name, valueTextOf(reader)]));
      } else reader.skip();
    });
    reader.end();
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    faults.report('InvalidHeaderDeserialization', () => `the index is not JSON ${error.message}`);
  }
  if (weightMap.size === 0) {
    if (faults.errors[0]) throw faults.errors[0];
    const message = found
      ? "the index's weight_map names no tensor"
      : 'the index has no weight_map: it is not the index of a checkpoint';
    throw new CheckpointError('NotSafetensors', message);
  }
  const shards = [...numbers.keys()];
  if (shards.every((name) => /\.(bin|pt|pth|ckpt)$/i.test(name))) throw refusedShard(shards[0]!)!;
  const count = (key: string): number | null => {
    const value = Number(metadata.find(([name]) => name === key)?.[1] ?? NaN);
    return Number.isFinite(value) && value >= 0 ? value : null;
  };
  return { shards, weightMap, totalSize: count('total_size'), totalParameters: count('total_parameters'), metadata };
}

function readPlace(
  reader: JsonReader,
  tensor: string,
  numbers: Map<string, number>,
  weightMap: Map<string, number>,
  { report }: Faults,
): void {
  if (reader.peekKind() !== 'string') {
    reader.skip();
    report('InvalidHeaderDeserialization', () => `weight_map: the file of ${quoted(tensor)} is not a string`, tensor);
    return;
  }
  const shard = reader.string();
  if (weightMap.has(tensor)) {
    report('DuplicateKey', () => `weight_map: ${quoted(tensor)} occurs twice; the first counts`, tensor);
    return;
  }
  if (weightMap.size === MAX_TENSORS) throw tooManyTensors('the index');
  if (!numbers.has(shard) && numbers.size === MAX_SHARDS) {
    throw new CheckpointError('TooLarge', `the index names more than ${MAX_SHARDS} shards`);
  }
  const number = numbers.get(shard) ?? numbers.size;
  numbers.set(shard, number);
  weightMap.set(tensor, number);
}

function valueTextOf(reader: JsonReader): string {
  if (reader.peekKind() === 'string') return reader.string();
  const start = reader.position;
  reader.skip();
  return reader.slice(start).trim();
}
