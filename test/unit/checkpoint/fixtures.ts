/** Golden data: made with numpy, ml_dtypes and the reference safetensors library; each file names their versions. */

import { readFileSync } from 'node:fs';
import * as path from 'node:path';

export function fixturePath(...parts: string[]): string {
  return path.resolve(process.cwd(), 'test/fixtures', ...parts);
}

export function readFixture<T>(...parts: string[]): T {
  return JSON.parse(readFileSync(fixturePath(...parts), 'utf8')) as T;
}

/** JSON has no NaN, infinities or -0: those are written as their names. */
export type GoldenNumber = number | 'NaN' | 'Infinity' | '-Infinity' | '-0';

/** A safetensors file from its header's text and its data. */
export function fileOf(header: string | object, dataBytes: number | Uint8Array = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const data = typeof dataBytes === 'number' ? new Uint8Array(dataBytes) : dataBytes;
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

export function tensorField(dtype: string, shape: readonly number[], begin: number, end: number): object {
  return { dtype, shape, data_offsets: [begin, end] };
}

/** The folder of shared adapters beside the repository. Checks that need it are skipped if it does not exist. */
export const SHARED = path.resolve(process.cwd(), '../shared');
