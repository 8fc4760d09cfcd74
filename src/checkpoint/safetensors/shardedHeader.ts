/** Merges the headers of all shards of a checkpoint into one, and compares them with the index. */

import type { Problem } from '../../peftConfig/problem';
import type { CheckpointError } from '../errors';
import { quoted } from '../../peftConfig/quoted';
import { UNKNOWN_DTYPE } from '../header';
import type { CheckpointHeader, Faults, TensorEntry } from '../header';
import { elementCount } from './safetensorsLayout';
import type { ShardIndex } from './shardIndex';

/** A shard's header, or the reason why it could not be read. */
export type FoundShard =
  | { readonly header: CheckpointHeader; readonly bytes: number }
  | { readonly header: null; readonly failure: CheckpointError };

/**
 * Tensors are listed shard by shard, as their shards describe them. The tensors of a missing shard are listed by name
 * alone. `headerBytes` is the sum of the index, `indexBytes`, and the shards' headers.
 */
export function mergeShards(
  index: ShardIndex,
  found: readonly FoundShard[],
  indexBytes: number,
  faults: Faults,
): CheckpointHeader {
  const { shards, weightMap } = index;
  const { report } = faults;
  const notes: Problem[] = [];
  const tensors = new Map<string, TensorEntry>();
  const listed = new Array<number>(shards.length).fill(0);
  for (const shard of weightMap.values()) listed[shard]!++;
  let nested = 0;
  found.forEach((shard, number) => {
    const name = quoted(shards[number]!);
    if (!shard.header) {
      report(
        shard.failure.code,
        () => `shard ${name}, which has ${listed[number]} tensors: ${shard.failure.message}`,
        shards[number],
      );
      return;
    }
    for (const { code, message, subject } of shard.header.errors)
      report(code, () => `shard ${name}: ${message}`, subject);
    nested += shard.header.errorCount - shard.header.errors.length;
    for (const entry of shard.header.tensors) {
      const other = tensors.get(entry.name);
      if (other) {
        const message = (): string =>
          `tensor ${quoted(entry.name)} is in both ${quoted(shards[other.shard!]!)} and ${name}`;
        report('DuplicateKey', message, entry.name);
      }
      // The index decides between duplicates.
      if (!other || weightMap.get(entry.name) === number) tensors.set(entry.name, { ...entry, shard: number });
    }
  });
  faults.count += nested;
  checkPlaces(index, found, tensors, faults, notes);
  if (found.every(({ header }) => header !== null)) compareTotals(index, tensors, notes);
  return {
    format: 'safetensors',
    headerBytes: found.reduce((sum, { header }) => sum + (header ? header.dataStart : 0), indexBytes),
    dataStart: 0,
    metadata: mergeMetadata(index, found),
    tensors: [...tensors.values()],
    errors: faults.errors,
    errorCount: faults.count,
    notes,
    shards: found.map((shard, i) => ({
      name: shards[i]!,
      bytes: shard.header ? shard.bytes : 0,
      dataStart: shard.header?.dataStart ?? 0,
    })),
  };
}

/** Compares each tensor's shard with the index, and adds the tensors that only the index lists. */
function checkPlaces(
  { shards, weightMap }: ShardIndex,
  found: readonly FoundShard[],
  tensors: Map<string, TensorEntry>,
  { report }: Faults,
  notes: Problem[],
): void {
  for (const { name, shard } of tensors.values()) {
    const expected = weightMap.get(name);
    if (expected === shard) continue;
    const message =
      expected === undefined
        ? `tensor ${quoted(name)} is in ${quoted(shards[shard!]!)}, but not in the index`
        : `tensor ${quoted(name)} is in ${quoted(shards[shard!]!)}, the index says ${quoted(shards[expected]!)}`;
    notes.push({ severity: 'warning', message, subject: name });
  }
  for (const [name, shard] of weightMap) {
    if (tensors.has(name)) continue;
    tensors.set(name, { name, dtype: UNKNOWN_DTYPE, shape: [], begin: 0, end: 0, readable: false, shard });
    // A missing shard is reported once for all its tensors.
    if (!found[shard]!.header) continue;
    const message = (): string =>
      `tensor ${quoted(name)} is not in ${quoted(shards[shard]!)}, although the index lists it there`;
    report('NotFound', message, name);
  }
}

function compareTotals(index: ShardIndex, tensors: ReadonlyMap<string, TensorEntry>, notes: Problem[]): void {
  let bytes = 0;
  let parameters = 0;
  for (const { dtype, begin, end, shape } of tensors.values()) {
    bytes += Math.max(0, end - begin);
    if (dtype !== UNKNOWN_DTYPE) parameters += elementCount(shape) ?? 0;
  }
  const compare = (key: string, claimed: number | null, counted: number): void => {
    if (claimed === null || claimed === counted) return;
    const message = `the index claims ${key} ${claimed}, the shards have ${counted}`;
    notes.push({ severity: 'warning', message });
  };
  compare('total_size', index.totalSize, bytes);
  compare('total_parameters', index.totalParameters, parameters);
}

/** The index's metadata, then that of the shards, without duplicates. */
function mergeMetadata(index: ShardIndex, found: readonly FoundShard[]): (readonly [string, string])[] {
  const seen = new Set<string>();
  const pairs = [...index.metadata, ...found.flatMap(({ header }) => header?.metadata ?? [])];
  return pairs.filter((pair) => {
    const key = JSON.stringify(pair);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
