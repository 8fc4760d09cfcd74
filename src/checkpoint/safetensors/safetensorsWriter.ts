/**
 * Safetensors files, byte for byte as the reference library writes them.
 *
 * Layout: u64 little-endian N; N bytes of compact JSON, `__metadata__` first, padded with spaces so that the data begins
 * at a multiple of 8; the data without holes. Tensors stand in the order of their dtypes, widest first, and of their
 * names by code point among equals, in the header as in the data: that keeps every tensor aligned.
 */

import { byCodePoint } from '../codePointOrder';
import { DTYPES, bitsOf, isDtype } from '../dtypes';
import type { Dtype } from '../dtypes';
import { CheckpointError } from '../errors';
import { quoted } from '../../peftConfig/quoted';
import { LENGTH_BYTES, MAX_HEADER_BYTES } from './safetensorsHeader';
import { elementCount } from './safetensorsLayout';

/** What PEFT writes into every adapter: the tensors are PyTorch's. */
export const PEFT_METADATA: readonly (readonly [string, string])[] = [['format', 'pt']];
/** The data begins at a multiple of this. */
const ALIGNMENT_BYTES = 8;

export interface TensorSpec {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

export interface TensorData extends TensorSpec {
  /** The entries, row-major and little-endian; any view of exactly the bytes that shape and dtype take. */
  readonly data: ArrayBufferView;
}

export interface PlannedTensor<T extends TensorSpec = TensorSpec> {
  readonly tensor: T;
  readonly bytes: number;
}

export interface SafetensorsPlan<T extends TensorSpec = TensorSpec> {
  /** The length, the JSON and its padding: the file up to its data. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** In the order in which their data follows. */
  readonly tensors: readonly PlannedTensor<T>[];
  /** Of the whole file. */
  readonly fileBytes: number;
}

/**
 * Lays a file out. `metadata` is written in the order given; null for none.
 * Throws `CheckpointError`: DuplicateKey for a name given twice, InvalidHeader for a name or metadata that UTF-8 cannot
 * hold and for the name '__metadata__', TensorInvalidInfo for a dtype that is none, ValidationOverflow for sizes that are
 * no integers or beyond 2^53 bits, MisalignedSlice for entries that fill no whole number of bytes, HeaderTooLarge.
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
 * A whole file in memory, for adapters and other small ones. Throws as `planSafetensors` does, and TensorInvalidInfo for
 * data of another length than dtype and shape say.
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

/** Writes the file piece by piece, never holding a copy of it. Rejects as `encodeSafetensors` throws. */
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
    throw new CheckpointError(
      'TensorInvalidInfo',
      `${subject}: '${String(dtype)}' is none of the format's dtypes`,
      name,
    );
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
        "no tensor can be named '__metadata__': the format keeps that name",
        key,
      );
    }
    seen.add(key);
  }
}

/** As JSON. Refuses half a surrogate pair, which UTF-8 cannot hold. */
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
