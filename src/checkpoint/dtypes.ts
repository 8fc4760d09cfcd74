/** Widths and decoders of the safetensors dtypes. The same calls decode ggml's quantised blocks. */

import { CheckpointError } from './errors';
import { quoted } from '../peftConfig/quoted';
import {
  BF16_FORMAT,
  F16_FORMAT,
  F4_FORMAT,
  F6_E2M3_FORMAT,
  F6_E3M2_FORMAT,
  F8_E4M3FNUZ_FORMAT,
  F8_E4M3_FORMAT,
  F8_E5M2FNUZ_FORMAT,
  F8_E5M2_FORMAT,
  decodeE8M0,
  decodeFloat,
} from './floatFormats';
import type { FloatFormat } from './floatFormats';
import { decodeBlocks, ggmlTypeNamed } from './gguf/ggmlTypes';

/** Width of one entry in bits. */
const BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type Dtype = keyof typeof BITS;

/** All dtypes of the format, in the order in which its reference writer sorts tensors. */
export const DTYPES = Object.keys(BITS) as readonly Dtype[];

export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(BITS, name);
}

export function bitsOf(dtype: Dtype): number {
  return BITS[dtype];
}

/** A safetensors dtype, or the name of a ggml type ('Q4_K', 'IQ2_XXS'). */
export type StoredType = string;

/** The smallest run of entries that fills whole bytes. */
export interface Packing {
  readonly entries: number;
  readonly bytes: number;
}

/** `undefined` for a type of neither format. */
export function packingOf(type: StoredType): Packing | undefined {
  if (!isDtype(type)) return ggmlTypeNamed(type);
  const bits = BITS[type];
  const entries = bits % 8 === 0 ? 1 : bits === 4 ? 2 : 4;
  return { entries, bytes: (bits * entries) / 8 };
}

/** The reason why entries of this type cannot be decoded, or `null` if they can. */
export function undecodable(type: StoredType): string | null {
  if (isDtype(type) || ggmlTypeNamed(type)?.decode) return null;
  return `values of type ${quoted(type)} are not decoded; its shape and size are known`;
}

/** Whether float32 cannot hold every value of the type, so that decoding needs a Float64Array. */
export function needsFloat64(type: StoredType): boolean {
  return type === 'F64' || type === 'I32' || type === 'U32' || type === 'I64' || type === 'U64';
}

export type Values = Float32Array | Float64Array;

/** An array of `length` zeros that holds values of the type without loss, except 64-bit integers beyond 2^53. */
export function valuesFor(type: StoredType, length: number): Values {
  return needsFloat64(type) ? new Float64Array(length) : new Float32Array(length);
}

/**
 * Decodes `out.length` entries of little-endian `bytes`, from entry `first` on; `bytes` begins with a whole run of the
 * type's packing. C64 becomes its magnitude, BOOL 0 or 1 (any non-zero byte is true), a 64-bit integer the nearest
 * float64. Throws `CheckpointError` if `bytes` is too short or the type cannot be decoded.
 */
export function decodeValues(type: StoredType, bytes: Uint8Array, out: Values, first = 0): void {
  const packing = packingOf(type);
  const reason = undecodable(type);
  if (!packing || reason !== null) throw new CheckpointError('Unreadable', reason ?? `no type ${quoted(type)}`);
  const runs = (first + out.length) / packing.entries;
  const needed = isDtype(type) ? Math.ceil(runs * packing.bytes) : Math.ceil(runs) * packing.bytes;
  if (bytes.length < needed) {
    throw new CheckpointError(
      'InvalidRange',
      `${first + out.length} entries of ${type} need ${needed} bytes, got ${bytes.length}`,
    );
  }
  if (isDtype(type)) decoders[type](bytes, out, first);
  else decodeBlocks(ggmlTypeNamed(type)!, bytes, out, first);
}

type Decoder = (bytes: Uint8Array, out: Values, first: number) => void;

/** Decodes 8-bit and 16-bit formats by a table of up to 256 KiB, which is built on first use. */
function tableDecoder(size: 256 | 65536, valueOf: (code: number) => number): Decoder {
  let table: Float32Array | null = null;
  return (bytes, out, first) => {
    const values = (table ??= Float32Array.from({ length: size }, (_, code) => valueOf(code)));
    if (size === 256) {
      for (let i = 0; i < out.length; i++) out[i] = values[bytes[first + i]!]!;
    } else {
      for (let i = 0, at = 2 * first; i < out.length; i++, at += 2)
        out[i] = values[bytes[at]! | (bytes[at + 1]! << 8)]!;
    }
  };
}

const small = (format: FloatFormat): Decoder => tableDecoder(256, (code) => decodeFloat(code, format));

function viewDecoder(width: number, read: (view: DataView, at: number) => number): Decoder {
  return (bytes, out, first) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0, at = width * first; i < out.length; i++, at += width) out[i] = read(view, at);
  };
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const f32ByView = viewDecoder(4, (view, at) => view.getFloat32(at, true));

const decodeF32: Decoder = (bytes, out, first) => {
  const start = bytes.byteOffset + 4 * first;
  if (littleEndian && start % 4 === 0) out.set(new Float32Array(bytes.buffer, start, out.length));
  else f32ByView(bytes, out, first);
};

const f4Values = Float32Array.from({ length: 16 }, (_, code) => decodeFloat(code, F4_FORMAT));

/** Two entries per byte, the first in the low bits, as in PyTorch's float4_e2m1fn_x2. */
const decodeF4: Decoder = (bytes, out, first) => {
  for (let i = 0; i < out.length; i++) {
    const pair = bytes[(first + i) >> 1]!;
    out[i] = f4Values[(first + i) & 1 ? pair >> 4 : pair & 15]!;
  }
};

/**
 * Four entries in three bytes: entry i takes bits 6i to 6i + 5, counted from the lowest bit of the first byte. The
 * format does not specify the order; this is the order of little-endian numbers and of F4.
 */
function sixBitDecoder(format: FloatFormat): Decoder {
  const values = Float32Array.from({ length: 64 }, (_, code) => decodeFloat(code, format));
  return (bytes, out, first) => {
    for (let i = 0; i < out.length; i++) {
      const bit = 6 * (first + i);
      const at = Math.floor(bit / 8);
      const pair = bytes[at]! | ((bytes[at + 1] ?? 0) << 8);
      out[i] = values[(pair >> (bit % 8)) & 63]!;
    }
  };
}

const decoders: Readonly<Record<Dtype, Decoder>> = {
  BOOL: tableDecoder(256, (code) => (code === 0 ? 0 : 1)),
  F4: decodeF4,
  F6_E2M3: sixBitDecoder(F6_E2M3_FORMAT),
  F6_E3M2: sixBitDecoder(F6_E3M2_FORMAT),
  U8: tableDecoder(256, (code) => code),
  I8: tableDecoder(256, (code) => (code << 24) >> 24),
  F8_E5M2: small(F8_E5M2_FORMAT),
  F8_E4M3: small(F8_E4M3_FORMAT),
  F8_E8M0: tableDecoder(256, decodeE8M0),
  F8_E4M3FNUZ: small(F8_E4M3FNUZ_FORMAT),
  F8_E5M2FNUZ: small(F8_E5M2FNUZ_FORMAT),
  I16: viewDecoder(2, (view, at) => view.getInt16(at, true)),
  U16: viewDecoder(2, (view, at) => view.getUint16(at, true)),
  F16: tableDecoder(65536, (code) => decodeFloat(code, F16_FORMAT)),
  BF16: tableDecoder(65536, (code) => decodeFloat(code, BF16_FORMAT)),
  I32: viewDecoder(4, (view, at) => view.getInt32(at, true)),
  U32: viewDecoder(4, (view, at) => view.getUint32(at, true)),
  F32: decodeF32,
  C64: viewDecoder(8, (view, at) => Math.hypot(view.getFloat32(at, true), view.getFloat32(at + 4, true))),
  F64: viewDecoder(8, (view, at) => view.getFloat64(at, true)),
  I64: viewDecoder(8, (view, at) => Number(view.getBigInt64(at, true))),
  U64: viewDecoder(8, (view, at) => Number(view.getBigUint64(at, true))),
};
