/** Writes safetensors files of any number of tensors without code of src. */

import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import * as path from 'node:path';

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major float32 values; without them all entries are 0 and take no disk space. */
  readonly values?: Float32Array;
}

const BYTES = 4;
/** Pieces of the header that are written at once. */
const PIECES = 10_000;

/** All tensors are F32. `metadata` is the text of the `__metadata__` object. */
export function writeSafetensors(file: string, tensors: readonly Tensor[], metadata?: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const descriptor = openSync(file, 'w');
  try {
    const { headerBytes, dataBytes } = writeHeader(descriptor, tensors, metadata);
    let at = 8 + headerBytes;
    ftruncateSync(descriptor, at + dataBytes);
    for (const { shape, values } of tensors) {
      if (values)
        writeSync(descriptor, new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 0, null, at);
      at += sizeOf(shape);
    }
  } finally {
    closeSync(descriptor);
  }
}

function writeHeader(
  descriptor: number,
  tensors: readonly Tensor[],
  metadata: string | undefined,
): { headerBytes: number; dataBytes: number } {
  let headerBytes = 0;
  const write = (text: string): void => void (headerBytes += writeSync(descriptor, text, 8 + headerBytes));
  write(metadata === undefined ? '{' : `{"__metadata__":${metadata}${tensors.length > 0 ? ',' : ''}`);
  let dataBytes = 0;
  let pieces: string[] = [];
  tensors.forEach(({ name, shape }, index) => {
    const end = dataBytes + sizeOf(shape);
    const entry = JSON.stringify({ dtype: 'F32', shape, data_offsets: [dataBytes, end] });
    pieces.push(`${index === 0 ? '' : ','}${JSON.stringify(name)}:${entry}`);
    dataBytes = end;
    if (pieces.length === PIECES) {
      write(pieces.join(''));
      pieces = [];
    }
  });
  write(`${pieces.join('')}}`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerBytes));
  writeSync(descriptor, length, 0, 8, 0);
  return { headerBytes, dataBytes };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, BYTES);
}

/** The A and B of LoRA modules of rank `RANK` by their full names, with values. */
export function loraPairs(modules: readonly string[], width = 64): Tensor[] {
  return modules.flatMap((module) => [
    { name: `base_model.model.${module}.lora_A.weight`, shape: [RANK, width], values: waves(RANK * width) },
    { name: `base_model.model.${module}.lora_B.weight`, shape: [width, RANK], values: waves(RANK * width) },
  ]);
}

export const RANK = 4;

function waves(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i) / 8);
}
