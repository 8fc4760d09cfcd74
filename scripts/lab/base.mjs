// Reads the weights of the lab's base model, which are all F32.
import { readFileSync } from 'node:fs';
import { inRoot } from '../lib/paths.mjs';

/** @param {{ Tensor: typeof import('../../src/library').Tensor }} library */
export function readBase({ Tensor }, file = inRoot('media/lab/model.safetensors')) {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: _metadata, ...header } = JSON.parse(bytes.subarray(8, start).toString());
  return Object.fromEntries(
    Object.entries(header).map(
      ([
        name,
        {
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const own = new Uint8Array(bytes.subarray(start + from, start + to));
        return [name, new Tensor(new Float32Array(own.buffer), shape)];
      },
    ),
  );
}
