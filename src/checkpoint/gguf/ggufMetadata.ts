/** Reads the typed metadata values of a GGUF file as text. Most entries of long arrays are skipped. */

import type { ByteCursor } from './byteCursor';
import { CheckpointError } from '../errors';
import { quoted } from '../../peftConfig/quoted';
import { valueText } from '../valueText';
import { formatCount } from '../../text/numberText';

/** Only the beginning of longer texts is shown. A chat template has about ten thousand characters. */
const MAX_TEXT_BYTES = 2 ** 16;
/** Number of array entries shown. A token list has hundreds of thousands. */
const SHOWN_ENTRIES = 16;
/** Number of bytes shown of each string in an array. */
const SHOWN_ENTRY_BYTES = 200;
/** Depth of nested arrays. The format sets no limit, but files have none. */
const MAX_DEPTH = 4;

const STRING = 8;
const ARRAY = 9;

interface Scalar {
  readonly bytes: number;
  readonly read: (view: DataView, littleEndian: boolean) => number | bigint | boolean;
  readonly text?: (value: number) => string;
}

/** Scalar types by number. String and array have no fixed size. */
const SCALARS: readonly (Scalar | null)[] = [
  { bytes: 1, read: (view) => view.getUint8(0) },
  { bytes: 1, read: (view) => view.getInt8(0) },
  { bytes: 2, read: (view, little) => view.getUint16(0, little) },
  { bytes: 2, read: (view, little) => view.getInt16(0, little) },
  { bytes: 4, read: (view, little) => view.getUint32(0, little) },
  { bytes: 4, read: (view, little) => view.getInt32(0, little) },
  { bytes: 4, read: (view, little) => view.getFloat32(0, little), text: (value) => valueText('F32', value) },
  { bytes: 1, read: (view) => view.getUint8(0) !== 0 },
  null,
  null,
  { bytes: 8, read: (view, little) => view.getBigUint64(0, little) },
  { bytes: 8, read: (view, little) => view.getBigInt64(0, little) },
  { bytes: 8, read: (view, little) => view.getFloat64(0, little) },
];

/** Counts have 32 bits in version 1 and 64 bits in later versions. */
export async function readLength(cursor: ByteCursor, version: number): Promise<number> {
  const width = version === 1 ? 4 : 8;
  if (!cursor.has(width)) await cursor.need(width);
  return version === 1 ? cursor.u32() : cursor.u64();
}

/** A string. A longer one than `limit` bytes is shortened and ends with an ellipsis. */
export async function readString(cursor: ByteCursor, version: number, limit = MAX_TEXT_BYTES): Promise<string> {
  const length = await readLength(cursor, version);
  const kept = Math.min(length, limit);
  if (!cursor.has(kept)) await cursor.need(kept);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(cursor.take(kept));
  if (kept === length) return text;
  cursor.skip(length - kept);
  return `${text}…`;
}

interface MetadataValue {
  readonly text: string;
  /** The value, if it is a single number or string. */
  readonly value?: number | string;
}

/** Rejects with `CheckpointError` InvalidHeaderDeserialization for an unknown type: all later fields are lost too. */
export async function readValue(cursor: ByteCursor, version: number): Promise<MetadataValue> {
  await cursor.need(4);
  const type = cursor.u32();
  if (type === STRING) {
    const value = await readString(cursor, version);
    return { text: value, value };
  }
  if (type === ARRAY) return { text: await readArray(cursor, version, 1) };
  const scalar = scalarOf(type);
  await cursor.need(scalar.bytes);
  const value = scalar.read(cursor.number(scalar.bytes), cursor.littleEndian);
  return { text: scalarText(scalar, value), value: Number(value) };
}

function scalarOf(type: number): Scalar {
  const scalar = SCALARS[type];
  if (scalar) return scalar;
  throw new CheckpointError('InvalidHeaderDeserialization', `metadata of type ${type}, expected 0 to 12`);
}

function scalarText({ text }: Scalar, value: number | bigint | boolean): string {
  return text ? text(Number(value)) : String(value);
}

async function readArray(cursor: ByteCursor, version: number, depth: number): Promise<string> {
  if (depth > MAX_DEPTH) {
    throw new CheckpointError('TooLarge', `metadata with arrays nested deeper than ${MAX_DEPTH} levels`);
  }
  await cursor.need(4);
  const type = cursor.u32();
  const count = await readLength(cursor, version);
  const shown: string[] = [];
  if (type === STRING || type === ARRAY) {
    for (let i = 0; i < count; i++) {
      if (type === ARRAY) {
        const text = await readArray(cursor, version, depth + 1);
        if (i < SHOWN_ENTRIES) shown.push(text);
      } else if (i < SHOWN_ENTRIES) shown.push(quoted(await readString(cursor, version, SHOWN_ENTRY_BYTES)));
      else {
        if (!cursor.has(8)) await cursor.need(version === 1 ? 4 : 8);
        cursor.skip(version === 1 ? cursor.u32() : cursor.u64());
      }
    }
  } else {
    const scalar = scalarOf(type);
    const whole = Math.min(count, SHOWN_ENTRIES);
    await cursor.need(whole * scalar.bytes);
    for (let i = 0; i < whole; i++) {
      shown.push(scalarText(scalar, scalar.read(cursor.number(scalar.bytes), cursor.littleEndian)));
    }
    cursor.skip((count - whole) * scalar.bytes);
  }
  const more = count > SHOWN_ENTRIES ? `, … ${formatCount(count)} in all` : '';
  return `[${shown.join(', ')}${more}]`;
}

/** Meanings of `general.file_type` by number (llama.h). */
const FILE_TYPES =
  'F32 F16 Q4_0 Q4_1 Q4_1_SOME_F16 ? ? Q8_0 Q5_0 Q5_1 Q2_K Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K ' +
  'IQ2_XXS IQ2_XS Q2_K_S IQ3_XS IQ3_XXS IQ1_S IQ4_NL IQ3_S IQ3_M IQ2_S IQ2_M IQ4_XS IQ1_M BF16 ? ? ? TQ1_0 TQ2_0 ' +
  'MXFP4_MOE NVFP4 Q1_0';

/** The meaning of a file type: '15: mostly Q4_K_M'. */
export function fileTypeText(type: number): string {
  const name = FILE_TYPES.split(' ')[type] ?? '?';
  return name === '?' ? String(type) : `${type}: ${type === 0 ? 'all' : 'mostly'} ${name}`;
}
