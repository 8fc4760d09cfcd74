// The sample adapter's numbers, read from its file in the simplest way and without code of src.

import { readFileSync } from 'node:fs';

const FILE = 'sample-workspace/gpt-neo-movies-lora/adapter_model.safetensors';
/** alpha 16 divided by rank 8, as in its adapter_config.json. */
const SCALING = 2;

export const ADAPTER = 'gpt-neo-movies-lora/adapter_model.safetensors';
export const LAYERS = 12;

interface Stored {
  readonly shape: readonly [number, number];
  readonly values: Float32Array;
}

/** A is (rank, inFeatures), B is (outFeatures, rank). */
export function factors(layer: number, projection: 'q_proj' | 'v_proj'): { readonly a: Stored; readonly b: Stored } {
  const name = `base_model.model.transformer.h.${layer}.attn.attention.${projection}`;
  return { a: read(`${name}.lora_A.weight`), b: read(`${name}.lora_B.weight`) };
}

/** Frobenius norm of scaling * B * A, entry by entry. */
export function deltaNorm(layer: number, projection: 'q_proj' | 'v_proj'): number {
  const { a, b } = factors(layer, projection);
  const [rank, inFeatures] = a.shape;
  let squares = 0;
  for (let i = 0; i < b.shape[0]; i++) {
    for (let j = 0; j < inFeatures; j++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += (b.values[i * rank + k] ?? NaN) * (a.values[k * inFeatures + j] ?? NaN);
      squares += (SCALING * sum) ** 2;
    }
  }
  return Math.sqrt(squares);
}

function read(name: string): Stored {
  const file = readFileSync(FILE);
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + headerLength).toString('utf8')) as Record<
    string,
    { shape: [number, number]; data_offsets: [number, number] }
  >;
  const entry = header[name];
  if (!entry) throw new Error(`the sample adapter has no ${name}`);
  const [begin, end] = entry.data_offsets;
  return {
    shape: entry.shape,
    values: new Float32Array(
      file.buffer.slice(file.byteOffset + 8 + headerLength + begin, file.byteOffset + 8 + headerLength + end),
    ),
  };
}
