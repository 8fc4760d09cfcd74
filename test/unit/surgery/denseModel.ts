/** Adapters and base models in a temporary folder, with their changes as dense matrices. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Dtype } from '../../../src/checkpoint/dtypes';
import { encodeSafetensors } from '../../../src/checkpoint/safetensors/safetensorsWriter';
import { encodeValues } from '../../../src/surgery/encodeValues';
import type { FloatDtype } from '../../../src/surgery/encodeValues';
import { seededRandom } from '../../../src/tensor/random';

export interface Values {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Uniform in [-1, 1), rounded to float32. */
export function randomValues(seed: number, shape: readonly number[]): Values {
  const random = seededRandom(seed);
  const size = shape.reduce((product, side) => product * side, 1);
  return { shape, data: Float64Array.from({ length: size }, () => Math.fround(2 * random() - 1)) };
}

export function writeTensors(file: string, tensors: Readonly<Record<string, Values>>, dtype: FloatDtype = 'F32'): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const list = Object.entries(tensors).map(([name, { shape, data }]) => {
    return { name, shape, dtype: dtype as Dtype, data: encodeValues(data, dtype) };
  });
  writeFileSync(file, encodeSafetensors(list));
}

/** An adapter folder as PEFT saves it. `extra` are tensors beside the factors. */
export function writeAdapter(
  folder: string,
  modules: Readonly<Record<string, { readonly a: Values; readonly b: Values }>>,
  config: Readonly<Record<string, unknown>> = {},
  extra: Readonly<Record<string, Values>> = {},
): string {
  const tensors: Record<string, Values> = { ...extra };
  for (const [name, { a, b }] of Object.entries(modules)) {
    tensors[`base_model.model.${name}.lora_A.weight`] = a;
    tensors[`base_model.model.${name}.lora_B.weight`] = b;
  }
  writeTensors(path.join(folder, 'adapter_model.safetensors'), tensors);
  const rank = Object.values(modules)[0]!.a.shape[0];
  const targets = [...new Set(Object.keys(modules).map((name) => name.split('.').at(-1)))];
  const full = { peft_type: 'LORA', r: rank, lora_alpha: rank, target_modules: targets, ...config };
  writeFileSync(path.join(folder, 'adapter_config.json'), JSON.stringify(full));
  return folder;
}

/** factor·b·a, (out, in). */
export function product(a: Values, b: Values, factor = 1): Values {
  const [rank, columns] = a.shape as [number, number];
  const [rows] = b.shape as [number];
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < rank; k++)
      for (let j = 0; j < columns; j++)
        data[i * columns + j]! += factor * b.data[i * rank + k]! * a.data[k * columns + j]!;
  return { shape: [rows, columns], data };
}

export function sum(...terms: readonly Values[]): Values {
  const data = new Float64Array(terms[0]!.data.length);
  for (const term of terms) for (let i = 0; i < data.length; i++) data[i]! += term.data[i]!;
  return { shape: terms[0]!.shape, data };
}

export function scaled({ shape, data }: Values, factor: number): Values {
  return { shape, data: data.map((value) => factor * value) };
}

export function inner(x: Values, y: Values): number {
  let total = 0;
  for (let i = 0; i < x.data.length; i++) total += x.data[i]! * y.data[i]!;
  return total;
}

export function norm(x: Values): number {
  return Math.sqrt(inner(x, x));
}

/** The float32 tensors of a file. */
export function readTensorsOf(file: string): Record<string, Values> {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  >;
  const tensors: Record<string, Values> = {};
  for (const [name, { shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const data = new Float64Array(shape.reduce((size, side) => size * side, 1));
    for (let i = 0; i < data.length; i++) data[i] = bytes.readFloatLE(8 + length + offsets[0] + 4 * i);
    tensors[name] = { shape, data };
  }
  return tensors;
}
