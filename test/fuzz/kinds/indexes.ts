/**
 * Sends indexes of shards through the worker and the command line, on a disk with shards that are intact, damaged or
 * missing. A file outside the index's folder must never be read.
 */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { nodeFiles } from '../../../src/files/nodeFile';
import { PRESETS } from '../../../src/budget/presets';
import type { Random } from '../../../src/tensor/random';
import { runCommand, temporaryFolder } from '../cliTrial';
import { chance, damagedText, jsonList, jsonObject, jsonString, jsonValue, several } from '../jsonText';
import type { FuzzKind } from '../kind';
import { repeatable } from '../kind';
import { below, NAMES, pick } from '../mutate';
import { moduleName } from '../patternText';
import { named, tryFile } from '../trial';

const FIXTURES = path.resolve(process.cwd(), 'test/fixtures/sharded');
const INDEX = 'model.safetensors.index.json';
/** The only tensor of the file outside. Nothing of the fixtures or the generators has this name. */
const OUTSIDE = 'tensor_from_outside';
const LONG = [1_999, 2_001, 10_001];

export const indexes: FuzzKind = {
  name: 'indexes',
  cases: 10_000,
  maxBytes: null,
  load() {
    const root = temporaryFolder();
    const shards = writeShards(root);
    const seed = readFileSync(path.join(FIXTURES, INDEX), 'utf8');
    return (random) => {
      const text = chance(random, 0.5) ? seed : indexText(random, root, shards);
      const bytes = chance(random, 0.7) ? damagedText(random, text) : new TextEncoder().encode(text);
      const numbers = repeatable(random);
      return {
        shown: new TextDecoder().decode(bytes),
        run: () => openIndex(path.join(root, 'model'), bytes, numbers()),
      };
    };
  },
};

/** Writes the folder of the index and a file beside that folder. @returns the names in the folder */
function writeShards(root: string): string[] {
  const folder = path.join(root, 'model');
  mkdirSync(path.join(folder, 'sub', 'folder.safetensors'), { recursive: true });
  const whole = [1, 2, 3].map((part) => `model-0000${part}-of-00003.safetensors`);
  const start = readFileSync(path.join(FIXTURES, whole[0]!));
  for (const name of whole) writeFileSync(path.join(folder, name), readFileSync(path.join(FIXTURES, name)));
  const others: readonly (readonly [string, Uint8Array])[] = [
    ['sub/model-00001-of-00003.safetensors', start],
    ['cut.safetensors', start.subarray(0, start.length >> 1)],
    ['empty.safetensors', new Uint8Array()],
    ['text.safetensors', new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\n')],
    ['pytorch_model.bin', Uint8Array.of(0x80, 2)],
  ];
  for (const [name, bytes] of others) writeFileSync(path.join(folder, name), bytes);
  symlinkSync('/dev/zero', path.join(folder, 'endless.safetensors'));
  symlinkSync('gone', path.join(folder, 'dangling.safetensors'));
  symlinkSync('loop.safetensors', path.join(folder, 'loop.safetensors'));
  const header = `{"${OUTSIDE}":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`;
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  writeFileSync(path.join(root, 'outside.safetensors'), Buffer.concat([length, Buffer.from(header), Buffer.of(1)]));
  const links = ['endless', 'dangling', 'loop', 'missing'].map((name) => `${name}.safetensors`);
  return [...whole, ...others.map(([name]) => name), ...links, 'sub/folder.safetensors'];
}

function shardName(random: Random, root: string, shards: readonly string[]): string {
  if (chance(random, 0.6)) return pick(random, shards);
  if (chance(random, 0.2)) return pick(random, NAMES);
  const outside = path.join(root, 'outside.safetensors');
  return pick(random, [
    outside,
    `file://${outside}`,
    `sub/../../outside.safetensors`,
    `sub//..//..//outside.safetensors`,
    './../outside.safetensors',
    '..\\outside.safetensors',
    '%2e%2e/outside.safetensors',
    '../outside.safetensors',
    '..\u2215outside.safetensors',
    `../${path.basename(root)}/outside.safetensors`,
    '../outside.safetensors\0.safetensors',
    'sub/./model-00001-of-00003.safetensors',
    'SUB/MODEL-00001-OF-00003.SAFETENSORS',
    `${'sub/'.repeat(2000)}x.safetensors`,
  ]);
}

function indexText(random: Random, root: string, shards: readonly string[]): string {
  const place = (): string => {
    const kind = random();
    if (kind < 0.1) return jsonValue(random, 1);
    const name = JSON.stringify(shardName(random, root, shards));
    return kind < 0.15 ? jsonList([name, name]) : name;
  };
  const entries = several(random, 20, () => [JSON.stringify(moduleName(random)), place()] as const);
  if (chance(random, 0.02)) {
    const distinct = chance(random, 0.5);
    for (let left = pick(random, LONG); left > 0; left--)
      entries.push([`"t${left}"`, distinct ? `"s${left}.safetensors"` : JSON.stringify(shards[0])]);
  }
  const map = chance(random, 0.95) ? jsonObject(random, entries) : jsonValue(random);
  const total = chance(random, 0.5) ? String(below(random, 10_000)) : jsonValue(random, 1);
  const metadata = jsonObject(random, [
    ['"total_size"', total],
    [jsonString(random), jsonValue(random)],
  ]);
  const parts: (readonly [string, string])[] = [
    ['"metadata"', chance(random, 0.9) ? metadata : jsonValue(random)],
    ['"weight_map"', map],
  ];
  if (chance(random, 0.1)) parts.push(['"weight_map"', jsonObject(random, entries.slice(1))]);
  return jsonObject(random, parts);
}

async function openIndex(folder: string, bytes: Uint8Array, random: Random): Promise<string> {
  const index = path.join(folder, INDEX);
  writeFileSync(index, bytes);
  const look = random();
  if (look < 0.2) return runCommand(pick(random, ['inspect', 'check'] as const), [index, '--json']);
  if (look < 0.3) return runCommand(pick(random, ['inspect', 'check'] as const), [index]);
  if (look < 0.4) {
    const adapter = path.resolve(process.cwd(), 'sample-workspace/gpt-neo-movies-lora/adapter_config.json');
    return runCommand('budget', ['--model', PRESETS[0]!.id, '--adapter', adapter, '--weights', index]);
  }
  const outcome = await tryFile(nodeFiles, index);
  if ('opened' in outcome && JSON.stringify(outcome.opened).includes(OUTSIDE))
    throw new Error('a file outside the folder of the index is read');
  return named(outcome);
}
