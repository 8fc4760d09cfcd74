/** Damages files as attackers and broken tools do: blindly, or knowing the structure of a header. */

import type { Random } from '../../src/tensor/random';
import { mutateGguf } from './mutateGguf';

/** A file and the files next to it, by name. */
export interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly beside: ReadonlyMap<string, Uint8Array>;
}

export const below = (random: Random, bound: number): number => Math.floor(random() * bound);
export const pick = <T>(random: Random, values: readonly T[]): T => values[below(random, values.length)]!;

/** Numbers at the limits of widths, signs and safe integers, as JSON text. */
export const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1',
  '7',
  '255',
  '65536',
  '2147483647',
  '4294967296',
  '9007199254740991',
  '9007199254740993',
  '18446744073709551615',
  '18446744073709551616',
  '1e9',
  '1e400',
  '0.5',
  'null',
  'true',
  '"8"',
  '[]',
  '{}',
  'NaN',
];
/** Names that are harmful as a key, a path, markup or terminal output. */
export const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '',
  ' ',
  '../../etc/passwd',
  '/etc/passwd',
  'C:\\x',
  'https://host/x',
  '<img src=x onerror=alert(1)>',
  '\u202egnp.exe',
  '\u0000',
  '\u001b[31m',
  '\ud800',
  'a'.repeat(10_000),
  '{0}',
  '$(x)',
  'base_model.model.x.lora_A.weight',
  'prompt_embeddings',
  'blk.0.attn_q.weight.lora_a',
  '.',
  '..',
];
const DTYPES = ['F64', 'F4', 'F6_E2M3', 'F8_E8M0', 'C64', 'BOOL', 'U64', 'X', '', 'f32', 'BF16'];
const FRAGMENTS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\\u',
  '\\ud800',
  '\xff',
  '\xc0\x80',
  '\0',
  '\n',
  '/*',
  '"dtype":',
  '"shape":',
  '"data_offsets":',
  '"__metadata__":',
  '"__proto__":',
  'GGUF',
  '{"a":'.repeat(200),
  '['.repeat(500),
  ...NUMBERS,
];

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0) & 255);

function splice(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  const end = Math.min(bytes.length, at + removed);
  const result = new Uint8Array(at + inserted.length + bytes.length - end);
  result.set(bytes.subarray(0, at));
  result.set(inserted, at);
  result.set(bytes.subarray(end), at + inserted.length);
  return result;
}

/** One random change, more often in the first kilobytes, where headers are. */
export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytesOf(pick(random, FRAGMENTS));
  const at = below(random, random() < 0.8 ? Math.min(bytes.length, 2048) : bytes.length);
  switch (below(random, 7)) {
    case 0:
      return splice(bytes, at, 1, Uint8Array.of(below(random, 256)));
    case 1:
      return splice(bytes, at, 1, Uint8Array.of(bytes[at]! ^ (1 << below(random, 8))));
    case 2:
      return bytes.slice(0, at);
    case 3:
      return splice(bytes, at, below(random, 64), new Uint8Array());
    case 4:
      return splice(bytes, at, 0, bytesOf(pick(random, FRAGMENTS)));
    case 5: {
      // A little-endian length field, set to an extreme value.
      const width = pick(random, [1, 2, 4, 8]);
      const value = pick(random, [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n]);
      return splice(
        bytes,
        at,
        width,
        Uint8Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 255n)),
      );
    }
    default:
      return splice(bytes, at, 0, bytes.slice(at, at + below(random, 256)));
  }
}

const LENGTH_BYTES = 8;

/** The JSON text of a safetensors header, or `null` if the file has none. */
function headerText(bytes: Uint8Array): string | null {
  if (bytes.length < LENGTH_BYTES) return null;
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return length <= bytes.length - LENGTH_BYTES
    ? new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length))
    : null;
}

function withHeader(bytes: Uint8Array, oldText: string, newText: string): Uint8Array {
  const header = new TextEncoder().encode(newText);
  const prefix = new Uint8Array(LENGTH_BYTES);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(header.length), true);
  const oldLength = new TextEncoder().encode(oldText).length;
  return splice(splice(bytes, LENGTH_BYTES, oldLength, header), 0, LENGTH_BYTES, prefix);
}

/** Strings and keys of up to 200 characters: without the bound, a long text of quotes takes minutes. */
const STRING = /"(?:[^"\\]|\\.){0,200}"/g;
const KEY = /"(?:[^"\\]|\\.){0,200}":/g;

/** Changes one value of a JSON text and keeps the rest well-formed. */
export function mutateJson(random: Random, text: string): string {
  const kind = below(random, 4);
  const pattern = [/\d+/g, STRING, /\[[^[\]]*\]/g, KEY][kind]!;
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const { index, 0: old } = pick(random, found);
  const name = JSON.stringify(pick(random, NAMES));
  const lists = [
    '[]',
    '[0]',
    '[-1,2]',
    '[1e30,1e30]',
    '[4294967296,4294967296]',
    '[1,1,1,1,1,1,1,1]',
    `[${'1,'.repeat(5000)}1]`,
    `[0,${pick(random, NUMBERS)}]`,
  ];
  const replacement = [
    pick(random, NUMBERS),
    random() < 0.5 ? JSON.stringify(pick(random, DTYPES)) : name,
    pick(random, lists),
    // A key: another name, or one that already exists.
    `${random() < 0.5 ? name : pick(random, found)[0].replace(/:$/, '')}:`,
  ][kind]!;
  return text.slice(0, index) + replacement + text.slice(index + old.length);
}

/** Makes one case from another by blind damage, or by damage to its header or to the files next to it. */
export function mutate(random: Random, seed: Case): Case {
  let { bytes } = seed;
  const beside = new Map(seed.beside);
  for (let left = 1 + below(random, 3); left > 0; left--) {
    const text = random() < 0.6 ? jsonOf(seed.name, bytes) : null;
    if (text !== null) {
      const changed = mutateJson(random, text);
      bytes = isJsonFile(seed.name) ? new TextEncoder().encode(changed) : withHeader(bytes, text, changed);
    } else if (seed.name.endsWith('.gguf') && random() < 0.6) {
      bytes = mutateGguf(random, bytes);
    } else {
      bytes = mutateBytes(random, bytes);
    }
  }
  for (const [name, content] of beside) {
    if (random() < 0.7) continue;
    const changed =
      isJsonFile(name) && random() < 0.7
        ? new TextEncoder().encode(mutateJson(random, new TextDecoder().decode(content)))
        : mutateBytes(random, content);
    if (random() < 0.1) beside.delete(name);
    else beside.set(name, changed);
  }
  return { name: seed.name, bytes, beside };
}

const isJsonFile = (name: string): boolean => name.endsWith('.json');

function jsonOf(name: string, bytes: Uint8Array): string | null {
  if (isJsonFile(name)) return new TextDecoder().decode(bytes);
  return name.endsWith('.safetensors') ? headerText(bytes) : null;
}
