/** Models far larger than the disk: files that consist of a header and a hole. */

import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import * as path from 'node:path';

const ENTRY_BYTES = { F16: 2, BF16: 2, F32: 4 } as const;
/** A file system without holes would fill the disk. A file that takes more than this on disk is removed. */
const SPARSE_BYTES = 64 * 2 ** 20;

interface SparseTensor {
  readonly name: string;
  readonly dtype: keyof typeof ENTRY_BYTES;
  readonly shape: readonly number[];
}

export interface SparseModel {
  /** The file to open, or the index of the shards. */
  readonly file: string;
  /** Bytes of all headers, their lengths, and the index: everything that opening must read. */
  readonly headerBytes: number;
  /** Bytes of all files. */
  readonly bytes: number;
  readonly tensors: number;
}

const EMBEDDING = [151_936, 8192];

function bytesOf({ dtype, shape }: SparseTensor): number {
  return shape.reduce((product, size) => product * size, ENTRY_BYTES[dtype]);
}

/**
 * Returns the bytes of the header with its length field, and of the file. `null` if the disk does not support holes.
 */
function writeSparse(file: string, tensors: readonly SparseTensor[]): { header: number; bytes: number } | null {
  let end = 0;
  const fields = tensors.map((tensor) => {
    const { name, dtype, shape } = tensor;
    const begin = end;
    end += bytesOf(tensor);
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`;
  });
  const header = Buffer.from(`{"__metadata__":{"format":"pt"},${fields.join(',')}}`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const descriptor = openSync(file, 'w');
  try {
    writeSync(descriptor, Buffer.concat([length, header]));
    ftruncateSync(descriptor, 8 + header.length + end);
  } catch {
    // The disk does not allow files of this length.
    return null;
  } finally {
    closeSync(descriptor);
  }
  if (statSync(file).blocks * 512 <= SPARSE_BYTES) return { header: 8 + header.length, bytes: 8 + header.length + end };
  rmSync(file);
  return null;
}

function layer(index: number): SparseTensor[] {
  const weights = ['self_attn.q_proj', 'self_attn.o_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'];
  return [
    { name: `model.layers.${index}.input_layernorm.weight`, dtype: 'F32', shape: [8192] },
    ...weights.map((name): SparseTensor => ({
      name: `model.layers.${index}.${name}.weight`,
      dtype: 'BF16',
      shape: [8192, 8192],
    })),
  ];
}

/** Adds layers from number `first` on while their tensors fit `bytes` in total. */
function layersWithin(bytes: number, first: number): SparseTensor[] {
  const each = layer(0).reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  return Array.from({ length: Math.floor(bytes / each) }, (_, i) => layer(first + i)).flat();
}

/**
 * One file of 20 GB: an embedding, a head and a table of the largest shapes, and layers. `null` if the disk does not
 * support holes.
 */
export function writeSparseFile(folder: string): SparseModel | null {
  mkdirSync(folder, { recursive: true });
  const large: SparseTensor[] = [
    { name: 'model.embed_tokens.weight', dtype: 'BF16', shape: EMBEDDING },
    { name: 'lm_head.weight', dtype: 'F16', shape: EMBEDDING },
    { name: 'features.weight', dtype: 'F16', shape: [1_000_000, 3000] },
  ];
  const rest = 20e9 - large.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  const tensors = [...large, ...layersWithin(rest + 1e9, 0)];
  const file = path.join(folder, 'model.safetensors');
  const written = writeSparse(file, tensors);
  return written && { file, headerBytes: written.header, bytes: written.bytes, tensors: tensors.length };
}

const SHARDS = 64;

/** An index of 64 shards, 500 GB. `null` if the disk does not support holes. */
export function writeSparseShards(folder: string): SparseModel | null {
  mkdirSync(folder, { recursive: true });
  const weightMap: [string, string][] = [];
  const sum = { headerBytes: 0, bytes: 0, data: 0 };
  let layers = 0;
  for (let number = 1; number <= SHARDS; number++) {
    const name = `model-${String(number).padStart(5, '0')}-of-${String(SHARDS).padStart(5, '0')}.safetensors`;
    const embedding: SparseTensor[] =
      number === 1
        ? [{ name: 'model.embed_tokens.weight', dtype: 'BF16', shape: EMBEDDING }]
        : number === SHARDS
          ? [{ name: 'lm_head.weight', dtype: 'BF16', shape: EMBEDDING }]
          : [];
    const whole = layersWithin(8.1e9 - embedding.reduce((total, tensor) => total + bytesOf(tensor), 0), layers);
    layers += whole.length / layer(0).length;
    const tensors = [...embedding, ...whole];
    const written = writeSparse(path.join(folder, name), tensors);
    if (!written) return null;
    sum.headerBytes += written.header;
    sum.bytes += written.bytes;
    sum.data += written.bytes - written.header;
    for (const tensor of tensors) weightMap.push([tensor.name, name]);
  }
  const index = JSON.stringify({ metadata: { total_size: sum.data }, weight_map: Object.fromEntries(weightMap) });
  const file = path.join(folder, 'model.safetensors.index.json');
  writeFileSync(file, index);
  return {
    file,
    headerBytes: sum.headerBytes + index.length,
    bytes: sum.bytes + index.length,
    tensors: weightMap.length,
  };
}
