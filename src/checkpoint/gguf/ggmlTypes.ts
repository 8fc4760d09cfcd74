/** The types of ggml's tensors: the size of a block, and its decoder. */

import {
  decodeIQ4XS,
  decodeMXFP4,
  decodeQ2K,
  decodeQ3K,
  decodeQ4K,
  decodeQ5K,
  decodeQ6K,
  decodeQ8K,
  decodeQ80,
  nibbleDecoder,
  decodeIQ4NL,
} from './ggmlBlocks';
import type { BlockDecoder } from './ggmlBlocks';

interface GgmlType {
  readonly name: string;
  /** Entries and bytes of a block, the smallest unit that can be read. */
  readonly entries: number;
  readonly bytes: number;
  /** `null` for types that are not decoded, and for those that safetensors also has. */
  readonly decode: BlockDecoder | null;
}

/** Number of the type in files, name, entries and bytes of a block, decoder (ggml.h and ggml-common.h). */
const ROWS: readonly (readonly [number, string, number, number, BlockDecoder?])[] = [
  [0, 'F32', 1, 4],
  [1, 'F16', 1, 2],
  [2, 'Q4_0', 32, 18, nibbleDecoder({ min: false, fifthBit: false })],
  [3, 'Q4_1', 32, 20, nibbleDecoder({ min: true, fifthBit: false })],
  [6, 'Q5_0', 32, 22, nibbleDecoder({ min: false, fifthBit: true })],
  [7, 'Q5_1', 32, 24, nibbleDecoder({ min: true, fifthBit: true })],
  [8, 'Q8_0', 32, 34, decodeQ80],
  [9, 'Q8_1', 32, 40],
  [10, 'Q2_K', 256, 84, decodeQ2K],
  [11, 'Q3_K', 256, 110, decodeQ3K],
  [12, 'Q4_K', 256, 144, decodeQ4K],
  [13, 'Q5_K', 256, 176, decodeQ5K],
  [14, 'Q6_K', 256, 210, decodeQ6K],
  [15, 'Q8_K', 256, 292, decodeQ8K],
  [16, 'IQ2_XXS', 256, 66],
  [17, 'IQ2_XS', 256, 74],
  [18, 'IQ3_XXS', 256, 98],
  [19, 'IQ1_S', 256, 50],
  [20, 'IQ4_NL', 32, 18, decodeIQ4NL],
  [21, 'IQ3_S', 256, 110],
  [22, 'IQ2_S', 256, 82],
  [23, 'IQ4_XS', 256, 136, decodeIQ4XS],
  [24, 'I8', 1, 1],
  [25, 'I16', 1, 2],
  [26, 'I32', 1, 4],
  [27, 'I64', 1, 8],
  [28, 'F64', 1, 8],
  [29, 'IQ1_M', 256, 56],
  [30, 'BF16', 1, 2],
  [34, 'TQ1_0', 256, 54],
  [35, 'TQ2_0', 256, 66],
  [39, 'MXFP4', 32, 17, decodeMXFP4],
  [40, 'NVFP4', 64, 36],
  [41, 'Q1_0', 128, 18],
];

const byNumber: ReadonlyMap<number, GgmlType> = new Map(
  ROWS.map(([number, name, entries, bytes, decode = null]) => [number, { name, entries, bytes, decode }]),
);
const byName: ReadonlyMap<string, GgmlType> = new Map([...byNumber.values()].map((type) => [type.name, type]));

/** `undefined` for a number that ggml never assigned or has retired. */
export function ggmlType(number: number): GgmlType | undefined {
  return byNumber.get(number);
}

export function ggmlTypeNamed(name: string): GgmlType | undefined {
  return byName.get(name);
}

/**
 * Decodes `out.length` entries of `bytes`, which begins with a block, from entry `first` on. Only the blocks that hold
 * these entries are read. The caller checks that `bytes` is long enough.
 */
export function decodeBlocks(type: GgmlType, bytes: Uint8Array, out: Float32Array | Float64Array, first: number): void {
  const { entries, decode } = type;
  if (!decode) return;
  const block = new Float32Array(entries);
  for (let done = 0; done < out.length;) {
    const index = Math.floor((first + done) / entries);
    const skip = first + done - index * entries;
    const count = Math.min(entries - skip, out.length - done);
    decode(bytes, index * type.bytes, block);
    out.set(count === entries ? block : block.subarray(skip, skip + count), done);
    done += count;
  }
}
