/**
 * The header of a GGUF file, versions 1 to 3 (ggml's docs/gguf.md).
 *
 * Layout: 'GGUF', u32 version, counts of tensors and of metadata, the metadata as (key, type, value), then each
 * tensor's name, dimensions (fastest first; shapes here are reversed, as in safetensors), type and offset into the
 * data, which begins at the next multiple of `general.alignment`. Version 1 has 32-bit counts, version 3 may be
 * big-endian.
 *
 * Reading is tolerant: a file that is cut off in its data still shows the complete tensors.
 */

import { ByteCursor, CutOffError } from './byteCursor';
import type { ByteSource } from '../byteSource';
import { CheckpointError } from '../errors';
import { quoted } from '../../peftConfig/quoted';
import { ggmlType } from './ggmlTypes';
import { checkGgufLayout } from './ggufLayout';
import { fileTypeText, readLength, readString, readValue } from './ggufMetadata';
import { Faults, MAX_TENSORS, tooManyTensors } from '../header';
import type { CheckpointHeader, TensorEntry } from '../header';
import type { Problem } from '../../peftConfig/problem';

/** Upper bound on the header. Token lists make headers of 10 MB. */
const MAX_HEADER_BYTES = 2 ** 28;
/** Number of metadata entries shown. Files have dozens. All are read, because the tensors follow them. */
const MAX_SHOWN_METADATA = 2000;
/** ggml allows four. A larger number means that the fields are read at wrong offsets. */
const MAX_DIMENSIONS = 8;
/** ggml allows 64 bytes. */
const MAX_NAME_BYTES = 2 ** 16;
const DEFAULT_ALIGNMENT = 32;
const NEWEST_VERSION = 3;

/** Metadata keys that reading depends on, or that identify the kind of file. */
const TELLING_KEYS: ReadonlySet<string> = new Set([
  'general.alignment',
  'general.type',
  'adapter.type',
  'adapter.lora.alpha',
  'split.no',
  'split.count',
]);

/** Rejects with `CheckpointError` if no tensor can be listed. All other faults are in `errors`. */
export async function readGgufHeader(source: ByteSource, signal?: AbortSignal): Promise<CheckpointHeader> {
  const cursor = new ByteCursor(source, MAX_HEADER_BYTES, signal);
  const faults = new Faults();
  const { report } = faults;
  await cursor.need(8);
  cursor.skip(4);
  const version = readVersion(cursor);
  const tensors: TensorEntry[] = [];
  const metadata: [string, string][] = [];
  const telling = new Map<string, number | string>();
  let whole = false;
  let tensorCount = 0;
  try {
    tensorCount = await readLength(cursor, version);
    const metadataCount = await readLength(cursor, version);
    await readMetadata(cursor, version, metadataCount, metadata, telling, faults);
    await readTensors(cursor, version, tensorCount, tensors, faults);
    whole = true;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    if (!(error instanceof CutOffError) && error.code !== 'InvalidHeaderDeserialization' && error.code !== 'TooLarge') {
      throw error;
    }
    if (tensors.length === 0) throw error;
    report(error.code, () => `${error.message}; ${tensors.length} of ${tensorCount} tensors are listed`);
  }

  const alignment = alignmentOf(telling.get('general.alignment'), faults);
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  if (whole) checkGgufLayout(tensors, source.size - dataStart, alignment, report);
  else for (const tensor of tensors) tensor.readable = false;
  const alpha = telling.get('adapter.lora.alpha');
  return {
    format: `GGUF v${version}`,
    headerBytes: Math.min(dataStart, source.size),
    dataStart,
    metadata,
    tensors,
    errors: faults.errors,
    errorCount: faults.count,
    notes: notesOf(telling, cursor.littleEndian),
    ...(typeof alpha === 'number' && { loraAlpha: alpha }),
  };
}

/** Reads the version as little-endian, or as big-endian if only its upper half is set. */
function readVersion(cursor: ByteCursor): number {
  let version = cursor.u32();
  if (version !== 0 && version % 65536 === 0) {
    cursor.littleEndian = false;
    version /= 2 ** 24;
  }
  if (version >= 1 && version <= NEWEST_VERSION) return version;
  throw new CheckpointError('InvalidHeader', `GGUF version ${version}, expected 1 to ${NEWEST_VERSION}`);
}

async function readMetadata(
  cursor: ByteCursor,
  version: number,
  count: number,
  metadata: [string, string][],
  telling: Map<string, number | string>,
  { report }: Faults,
): Promise<void> {
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    const key = await readString(cursor, version);
    const { text, value } = await readValue(cursor, version);
    if (i >= MAX_SHOWN_METADATA) continue;
    if (seen.has(key))
      report('DuplicateKey', () => `${quoted(key)} occurs twice in the metadata; the first counts`, key);
    else {
      seen.add(key);
      if (value !== undefined && TELLING_KEYS.has(key)) telling.set(key, value);
      metadata.push([key, key === 'general.file_type' && typeof value === 'number' ? fileTypeText(value) : text]);
    }
  }
  if (count > MAX_SHOWN_METADATA) metadata.push(['…', `${count - MAX_SHOWN_METADATA} more are not shown`]);
}

async function readTensors(
  cursor: ByteCursor,
  version: number,
  count: number,
  tensors: TensorEntry[],
  faults: Faults,
): Promise<void> {
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    if (i === MAX_TENSORS) throw tooManyTensors('the header');
    const tensor = await readTensor(cursor, version, faults);
    const { name } = tensor;
    if (seen.has(name))
      faults.report('DuplicateKey', () => `tensor ${quoted(name)} occurs twice; the first is shown`, name);
    else tensors.push(tensor);
    seen.add(name);
  }
}

async function readTensor(cursor: ByteCursor, version: number, { report }: Faults): Promise<TensorEntry> {
  const name = await readString(cursor, version, MAX_NAME_BYTES);
  await cursor.need(4);
  const rank = cursor.u32();
  if (rank > MAX_DIMENSIONS) {
    const message = `tensor ${quoted(name)} has ${rank} dimensions, expected at most ${MAX_DIMENSIONS}`;
    throw new CheckpointError('InvalidHeaderDeserialization', message, name);
  }
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) shape.unshift(await readLength(cursor, version));
  await cursor.need(12);
  const type = cursor.u32();
  const begin = cursor.u64();
  const known = ggmlType(type);
  const dtype = `${known?.name ?? `type ${type}`}${cursor.littleEndian ? '' : ' (big-endian)'}`;
  const bytes = known ? bytesOf(shape, known) : null;
  const entry = { name, dtype, shape, begin, end: begin + (bytes ?? 0), readable: bytes !== null };
  const fault = (message: string): void =>
    report('TensorInvalidInfo', () => `tensor ${quoted(name)}: ${message}`, name);
  if (!known) fault(`ggml type ${type} is unknown, and so is its size`);
  else if (bytes === null) {
    const blocks = `a whole number of blocks of ${known.entries} below 2^53 bytes`;
    fault(`shape [${shape.join(', ')}] x ${known.name} is not ${blocks}`);
  }
  if (!Number.isSafeInteger(entry.end)) {
    report('ValidationOverflow', () => `tensor ${quoted(name)}: offset ${begin} is beyond 2^53`, name);
    return { ...entry, begin: 0, end: 0, readable: false };
  }
  return entry;
}

/** Size of a tensor in bytes; `null` if its rows are not whole blocks, or if the size exceeds 2^53. */
function bytesOf(shape: readonly number[], { entries, bytes }: { entries: number; bytes: number }): number | null {
  if ((shape.at(-1) ?? 1) % entries !== 0) return null;
  let total = bytes / entries;
  for (const size of shape) total *= size;
  return Number.isSafeInteger(total) && shape.every(Number.isSafeInteger) ? total : null;
}

function alignmentOf(value: number | string | undefined, { report }: Faults): number {
  if (value === undefined) return DEFAULT_ALIGNMENT;
  if (typeof value === 'number' && value > 0 && value <= 2 ** 30 && Number.isInteger(Math.log2(value))) return value;
  report('InvalidHeader', () => `general.alignment is ${quoted(String(value))}, expected a power of two; 32 is used`);
  return DEFAULT_ALIGNMENT;
}

function notesOf(telling: ReadonlyMap<string, number | string>, littleEndian: boolean): Problem[] {
  const notes: Problem[] = [];
  const parts = telling.get('split.count');
  const part = telling.get('split.no');
  if (typeof parts === 'number' && parts > 1 && typeof part === 'number') {
    notes.push({
      severity: 'info',
      message: `this file is part ${part + 1} of ${parts}: the tensors of the others are not shown`,
    });
  }
  if (!littleEndian) {
    const message =
      'the file is big-endian, made for machines such as IBM Z: its tensors are listed, but their values are not ' +
      'decoded';
    notes.push({ severity: 'warning', message });
  }
  return notes;
}
