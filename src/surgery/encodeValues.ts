/** Rounds float64 values to a stored dtype, once: the nearest value, ties to even. Overflow goes to infinity. */

import { SurgeryError } from './errors';

export type FloatDtype = 'F64' | 'F32' | 'F16' | 'BF16';

const FLOAT_DTYPES: readonly FloatDtype[] = ['F64', 'F32', 'F16', 'BF16'];

export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return (FLOAT_DTYPES as readonly string[]).includes(dtype);
}

/** @throws SurgeryError Unsupported for a dtype that is not a float of at least 16 bits */
export function checkFloatDtype(dtype: string, subject: string): FloatDtype {
  if (isFloatDtype(dtype)) return dtype;
  const expected = FLOAT_DTYPES.join(', ');
  throw new SurgeryError('Unsupported', `${subject}: dtype ${dtype} cannot be written, expected ${expected}`, subject);
}

/** Little-endian bytes. */
export function encodeValues(values: ArrayLike<number>, dtype: FloatDtype): Uint8Array {
  const length = values.length;
  if (dtype === 'F64') return bytesOf(Float64Array.from(values));
  if (dtype === 'F32') return bytesOf(Float32Array.from(values));
  const out = new Uint16Array(length);
  const code = dtype === 'BF16' ? bfloat16Code : float16Code;
  for (let i = 0; i < length; i++) out[i] = code(values[i]!);
  return bytesOf(out);
}

/** The value that `encodeValues` stores. */
export function roundTo(value: number, dtype: FloatDtype): number {
  if (dtype === 'F64') return value;
  if (dtype === 'F32') return Math.fround(value);
  return dtype === 'BF16' ? bfloat16Value(bfloat16Code(value)) : float16Value(float16Code(value));
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The code of the nearest bfloat16. */
function bfloat16Code(value: number): number {
  const code = oddFloat32(value);
  if ((code & 0x7fffffff) > 0x7f800000) return (code >>> 16) | 0x40;
  return (code + 0x7fff + ((code >>> 16) & 1)) >>> 16;
}

/** The code of the nearest float16. */
function float16Code(value: number): number {
  const code = oddFloat32(value);
  const sign = (code >>> 16) & 0x8000;
  const magnitude = code & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 lies halfway between the largest float16 and the power of two after it.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const below = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const kept = mantissa >>> shift;
  return sign | (kept + (below > half || (below === half && (kept & 1) === 1) ? 1 : 0));
}

function bfloat16Value(code: number): number {
  bits[0] = (code << 16) >>> 0;
  return float[0]!;
}

function float16Value(code: number): number {
  const sign = code & 0x8000 ? -1 : 1;
  const exponent = (code >> 10) & 31;
  const mantissa = code & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/**
 * The bits of the value rounded to odd: an inexact float32 whose last bit is even moves to its odd neighbour towards
 * the value. Rounding that to fewer bits equals one rounding of the float64 (Boldo and Melquiond 2008).
 */
function oddFloat32(value: number): number {
  float[0] = value;
  const rounded = float[0];
  const code = bits[0]!;
  if (rounded === value || (code & 1) === 1 || !Number.isFinite(rounded) || !Number.isFinite(value)) return code;
  return Math.abs(value) > Math.abs(rounded) ? code + 1 : code - 1;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
