// Writes safetensors files that are too large for the repository, for pictures and benchmarks: weights that resemble
// trained ones, and sparse files of the largest shapes.
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import * as path from 'node:path';

const DTYPE_BYTES = { F32: 4, BF16: 2 };
/** Size of the pool of random values. Each row starts at another position in it. */
const POOL = 1 << 16;

/** Standard normal values, the same in every run. */
function normalPool() {
  let state = 20240229;
  const uniform = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 2 ** 32;
  return Float32Array.from(
    { length: POOL },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

/**
 * Makes rows with outlier columns and with a scale that differs by row and by block of rows, as in trained projections.
 */
function rowWriter(columns, dtype) {
  const pool = normalPool();
  const scales = Float32Array.from(
    { length: columns },
    (_, j) => 0.02 * (1 + 0.35 * Math.sin(j / 410) + (j % 977 === 0 ? 4 : 0)),
  );
  const row = new Float32Array(columns);
  const words = new Uint32Array(row.buffer);
  const halves = new Uint16Array(columns);
  return (index) => {
    const begin = (index * 40503) % POOL;
    const scale = 1 + 0.4 * Math.sin(index / 170) + (Math.floor(index / 128) % 5 === 0 ? 0.35 : 0);
    for (let j = 0; j < columns; j++) row[j] = pool[(begin + j * 7) % POOL] * scales[j] * scale;
    if (dtype === 'F32') return new Uint8Array(row.buffer);
    // BF16 is the upper half of a float32.
    for (let j = 0; j < columns; j++) halves[j] = (words[j] + 0x8000) >>> 16;
    return new Uint8Array(halves.buffer);
  };
}

/**
 * @param {Record<string, { dtype: 'F32' | 'BF16', shape: number[] }>} tensors
 * @param {{ sparse?: boolean }} options `sparse` leaves all values 0 and unwritten
 */
function writeWeights(file, tensors, { sparse = false } = {}) {
  let offset = 0;
  const header = {};
  for (const [name, { dtype, shape }] of Object.entries(tensors)) {
    const bytes = shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const text = Buffer.from(JSON.stringify(header).padEnd(8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  mkdirSync(path.dirname(file), { recursive: true });
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, length);
  writeSync(descriptor, text);
  if (sparse) ftruncateSync(descriptor, 8 + text.length + offset);
  else {
    for (const { dtype, shape } of Object.values(tensors)) {
      const columns = shape.at(-1) ?? 1;
      const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
      const rowOf = rowWriter(columns, dtype);
      for (let row = 0; row < rows; row++) writeSync(descriptor, rowOf(row));
    }
  }
  closeSync(descriptor);
}

const PROJECTION = 'model.layers.0.mlp.gate_proj.weight';

/** One projection of a 7B model, 90 MB. */
export function writeProjection(folder) {
  writeWeights(path.join(folder, 'projection.safetensors'), {
    [PROJECTION]: { dtype: 'BF16', shape: [4096, 11008] },
    'model.layers.0.input_layernorm.weight': { dtype: 'F32', shape: [4096] },
  });
}

/** Tensors of every rank from 0 to 4. */
export function writeExperts(folder) {
  writeWeights(path.join(folder, 'experts.safetensors'), {
    'model.layers.0.mlp.experts.gate_up_proj': { dtype: 'BF16', shape: [16, 768, 1024] },
    'model.layers.0.mlp.router.weight': { dtype: 'F32', shape: [16, 768] },
    'model.layers.0.post_attention_layernorm.weight': { dtype: 'F32', shape: [768] },
    'visual.patch_embed.proj.weight': { dtype: 'F32', shape: [64, 3, 14, 14] },
    logit_scale: { dtype: 'F32', shape: [] },
  });
}

/** An embedding and a feature table of the largest shapes that the inspector must handle. They take no disk space. */
export function writeHuge(folder) {
  const tensors = {
    'model.embed_tokens.weight': { dtype: 'BF16', shape: [151_936, 8192] },
    'features.weight': { dtype: 'BF16', shape: [1_000_000, 3000] },
  };
  writeWeights(path.join(folder, 'huge.safetensors'), tensors, { sparse: true });
}
