/** Reads the models and adapters of test/fixtures/lab. */

import { readFileSync } from 'node:fs';
import type { NamedTensors } from '../../../src/library';
import { Tensor } from '../../../src/library';

/** Shape and float32 values, little-endian in base64. */
export interface Stored {
  readonly shape: number[];
  readonly data: string;
}

interface AdapterCase {
  readonly method: string;
  readonly adapterConfig: Record<string, unknown>;
  readonly adapterTensors: Record<string, Stored>;
  readonly loss: number;
  readonly gradients: Record<string, Stored>;
  readonly losses: number[];
}

interface ModelCase {
  readonly name: string;
  readonly config: Record<string, unknown>;
  readonly tensors: Record<string, Stored>;
  readonly tokens: number[][];
  readonly labels: number[][];
  readonly loss: number;
  readonly logits: Stored;
  readonly gradients: Record<string, Stored>;
  readonly losses: number[];
  readonly cases: AdapterCase[];
}

export function readFamilies(): ModelCase[] {
  return JSON.parse(readFileSync('test/fixtures/lab/families.json', 'utf8')) as ModelCase[];
}

export function decoded({ shape, data }: Stored): Tensor {
  const bytes = Buffer.from(data, 'base64');
  return new Tensor(new Float32Array(new Uint8Array(bytes).buffer), shape);
}

export function decodedAll(stored: Record<string, Stored>): NamedTensors {
  return Object.fromEntries(Object.entries(stored).map(([name, each]) => [name, decoded(each)]));
}

/** The float32 tensors of a safetensors file. */
export function readSafetensors(file: string): NamedTensors {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString()) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  >;
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  return Object.fromEntries(
    names.map((name) => {
      const { shape, data_offsets: offsets } = header[name]!;
      const own = new Uint8Array(bytes.subarray(start + offsets[0], start + offsets[1]));
      return [name, new Tensor(new Float32Array(own.buffer), shape)];
    }),
  );
}
