/**
 * Writes safetensors files, byte for byte as the reference library does.
 *
 * Layout: u64 little-endian N; N bytes of compact JSON, `__metadata__` first, padded with spaces so that the data
 * begins at a multiple of 8; the data without holes. In header and data, tensors are sorted by dtype, widest first, and
 * then by name in code-point order. This keeps every tensor aligned.
 */

import { byCodePoint } from '../codePointOrder';
import { DTYPES, bitsOf, isDtype } from '../dtypes';
import type { Dtype } from '../dtypes';
import { CheckpointError } from '../errors';
import { quoted } from '../../peftConfig/quoted';
import { LENGTH_BYTES, MAX_HEADER_BYTES } from './safetensorsHeader';
import { elementCount } from './safetensorsLayout';

/** The metadata that PEFT writes into every adapter: 'pt' means PyTorch. */
export const PEFT_METADATA: readonly (readonly [string, string])[] = [['format', 'pt']];
/** The data's offset in the file is a multiple of this. */
const ALIGNMENT_BYTES = 8;

export interface TensorSpec {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

export interface TensorData extends TensorSpec {
  /** The entries, row-major and little-endian: a view of exactly as many bytes as shape and dtype need. */
  readonly data: ArrayBufferView;
}

export interface PlannedTensor<T extends TensorSpec = TensorSpec> {
  readonly tensor: T;
  readonly bytes: number;
}

export interface SafetensorsPlan<T extends TensorSpec = TensorSpec> {
  /** The file up to its data: the length, the JSON and its padding. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** The tensors in the order of their data. */
  readonly tensors: readonly PlannedTensor<T>[];
  /** Size of the whole file. */
  readonly fileBytes: number;
}

/**
 * Plans the layout of a file. `metadata` keeps its order; `null` writes none.
 * Throws `CheckpointError`: DuplicateKey for a duplicate name, InvalidHeader for a name or metadata that UTF-8 cannot
 * represent and for the name '__metadata__', TensorInvalidInfo for an unknown dtype, ValidationOverflow for sizes that
 * are not integers or exceed 2^53 bits, MisalignedSlice for entries that do not fill whole bytes, HeaderTooLarge.
 */
export function planSafetensors<T extends TensorSpec>(
  tensors: readonly T[],
  metadata: readonly (readonly [string, string])[] | null = PEFT_METADATA,
): SafetensorsPlan<T> {
  const planned = tensors.map((tensor) => ({ tensor, bytes: bytesOf(tensor) }));
  planned.sort(
    (a, b) =>
      DTYPES.indexOf(b.tensor.dtype) - DTYPES.indexOf(a.tensor.dtype) || byCodePoint(a.tensor.name, b.tensor.name),
  );
  const fields: string[] = [];
  if (metadata !== null) {
    checkKeys(
      metadata.map(([key]) => key),
      'metadata key',
    );
    fields.push(`"__metadata__":{${metadata.map(([key, value]) => `${text(key)}:${text(value)}`).join(',')}}`);
  }
  checkKeys(
    tensors.map(({ name }) => name),
    'tensor',
  );
  let end = 0;
  for (const { tensor, bytes } of planned) {
    const begin = end;
    end += bytes;
    const { name, dtype, shape } = tensor;
    fields.push(`${text(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`);
  }
  const head = encodeHead(`{${fields.join(',')}}`);
  if (!Number.isSafeInteger(head.length + end)) {
    throw new CheckpointError('ValidationOverflow', `the tensors take ${end} bytes, beyond 2^53`);
  }
  return { head, tensors: planned, fileBytes: head.length + end };
}

/**
 * Encodes a whole file in memory, for adapters and other small files. Throws what `planSafetensors` throws, and
 * TensorInvalidInfo for data whose length does not match dtype and shape.
 */
export function encodeSafetensors(
  tensors: readonly TensorData[],
  metadata: readonly (readonly [string, string])[] | null = PEFT_METADATA,
): Uint8Array<ArrayBuffer> {
  const plan = planSafetensors(tensors, metadata);
  for (const { tensor, bytes } of plan.tensors) checkData(tensor, bytes);
  const file = new Uint8Array(plan.fileBytes);
  file.set(plan.head);
  let at = plan.head.length;
  for (const { tensor, bytes } of plan.tensors) {
    file.set(bytesView(tensor.data), at);
    at += bytes;
  }
  return file;
}

/** Writes a file piece by piece, without a copy of it in memory. Rejects with what `encodeSafetensors` throws. */
export async function writeSafetensors(
  tensors: readonly TensorData[],
  sink: (bytes: Uint8Array) => Promise<void>,
  metadata: readonly (readonly [string, string])[] | null = PEFT_METADATA,
  signal?: AbortSignal,
): Promise<void> {
  const plan = planSafetensors(tensors, metadata);
  for (const { tensor, bytes } of plan.tensors) checkData(tensor, bytes);
  await sink(plan.head);
  for (const { tensor } of plan.tensors) {
    signal?.throwIfAborted();
    await sink(bytesView(tensor.data));
  }
  signal?.throwIfAborted();
}

function bytesView({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function checkData({ name, dtype, shape, data }: TensorData, bytes: number): void {
  if (data.byteLength === bytes) return;
  const described = `tensor ${quoted(name)}: shape [${shape.join(', ')}] x ${dtype}`;
  throw new CheckpointError('TensorInvalidInfo', `${described} needs ${bytes} bytes, got ${data.byteLength}`, name);
}

function bytesOf({ name, dtype, shape }: TensorSpec): number {
  const subject = `tensor ${quoted(name)}`;
  if (!isDtype(dtype)) {
    throw new CheckpointError('TensorInvalidInfo', `${subject}: '${String(dtype)}' is not a dtype of the format`, name);
  }
  const described = `${subject}: shape [${shape.join(', ')}] x ${dtype}`;
  const count = shape.every((size) => Number.isSafeInteger(size) && size >= 0) ? elementCount(shape) : null;
  const bits = count === null ? NaN : count * bitsOf(dtype);
  if (!Number.isSafeInteger(bits)) {
    throw new CheckpointError('ValidationOverflow', `${described}: expected whole sizes of at most 2^53 bits`, name);
  }
  if (bits % 8 === 0) return bits / 8;
  throw new CheckpointError('MisalignedSlice', `${described} is ${bits} bits, not a whole number of bytes`, name);
}

function checkKeys(keys: readonly string[], what: string): void {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) throw new CheckpointError('DuplicateKey', `${what} ${quoted(key)} is given twice`, key);
    if (what === 'tensor' && key === '__metadata__') {
      throw new CheckpointError(
        'InvalidHeader',
        "no tensor can be named '__metadata__': the format reserves that name",
        key,
      );
    }
    seen.add(key);
  }
}

/** The JSON of a string. Throws InvalidHeader for half a surrogate pair, which UTF-8 cannot represent. */
function text(value: string): string {
  if (/\p{Cs}/u.test(value)) {
    throw new CheckpointError(
      'InvalidHeader',
      `${quoted(value)} holds half a surrogate pair, which is not UTF-8`,
      value,
    );
  }
  return JSON.stringify(value);
}

function encodeHead(json: string): Uint8Array<ArrayBuffer> {
  const encoded = new TextEncoder().encode(json);
  const length = Math.ceil(encoded.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  if (length > MAX_HEADER_BYTES) {
    throw new CheckpointError(
      'HeaderTooLarge',
      `the header takes ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  const head = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(encoded, LENGTH_BYTES);
  return head;
}
