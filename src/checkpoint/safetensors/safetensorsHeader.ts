/**
 * The header of a safetensors file.
 *
 * Layout: u64 little-endian N (at most 100,000,000), N bytes of UTF-8 JSON, then the data. Each field of the JSON is
 * `"name": {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}` with offsets into the data, except for
 * `__metadata__`, a map of strings. The tensors cover the data without holes or overlaps, and each key occurs once.
 *
 * Reading is tolerant and complete: `errors` lists all faults, and every tensor whose bytes are present can still be
 * read. `assertValid` is the strict check.
 */

import { isDtype } from '../dtypes';
import { CheckpointError } from '../errors';
import { quoted } from '../../peftConfig/quoted';
import { Faults, MAX_DIMENSIONS, MAX_TENSORS, tooManyTensors } from '../header';
import type { CheckpointHeader, Report, TensorEntry } from '../header';
import { ITEMS_PER_STEP } from '../steps';
import type { Steps } from '../steps';
import { JsonReader, JsonSyntaxError } from './jsonReader';
import { QuickTensor } from './quickTensor';
import { checkLayout } from './safetensorsLayout';

/** The spec's upper bound on N. */
export const MAX_HEADER_BYTES = 100_000_000;
/** Width of N. */
export const LENGTH_BYTES = 8;
/** Largest value of the u64 that the reference implementation counts in. */
const U64_MAX = 2n ** 64n - 1n;

/** An escaped half of a surrogate pair. JSON allows it without its other half, but UTF-8 does not. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

export type SafetensorsHeader = CheckpointHeader;

/** Throws the first fault, if any. */
export function assertValid(header: SafetensorsHeader): void {
  const [first] = header.errors;
  if (first) throw first;
}

/**
 * Reads N from the first bytes of a file of `fileBytes` bytes.
 * Throws HeaderTooSmall, HeaderTooLarge or InvalidHeaderLength, so that the caller can allocate N bytes safely.
 */
export function headerLength(prefix: Uint8Array, fileBytes: number): number {
  if (fileBytes < LENGTH_BYTES || prefix.length < LENGTH_BYTES) {
    throw new CheckpointError(
      'HeaderTooSmall',
      `the file has ${fileBytes} bytes, a safetensors file has at least ${LENGTH_BYTES}`,
    );
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new CheckpointError(
      'HeaderTooLarge',
      `the header claims ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  if (LENGTH_BYTES + Number(length) > fileBytes) {
    throw new CheckpointError(
      'InvalidHeaderLength',
      `the header claims ${length} bytes, but only ${fileBytes - LENGTH_BYTES} follow its length`,
    );
  }
  return Number(length);
}

/**
 * Parses the N bytes of the header of a file of `fileBytes` bytes.
 * Throws InvalidHeader or InvalidHeaderDeserialization if no tensor can be listed, TooLarge beyond `MAX_TENSORS`. All
 * other faults go to `errors`.
 */
export function* parseSafetensorsHeader(header: Uint8Array, fileBytes: number): Steps<SafetensorsHeader> {
  const faults = new Faults();
  const { report } = faults;

  const tensors: TensorEntry[] = [];
  const metadata: [string, string][] = [];
  const text = decodeText(header, report);
  const whole = yield* readFields(new JsonReader(text), tensors, metadata, report);
  if (text.includes('\\u') && SURROGATE_ESCAPE.test(text)) checkNames(tensors, report);
  if (!whole && tensors.length === 0) throw faults.errors[0]!;

  const dataStart = LENGTH_BYTES + header.length;
  yield* checkLayout(tensors, fileBytes - dataStart, whole, report);
  const { errors, count: errorCount } = faults;
  return { format: 'safetensors', headerBytes: header.length, dataStart, metadata, tensors, errors, errorCount };
}

function checkNames(tensors: readonly TensorEntry[], report: Report): void {
  for (const { name } of tensors) {
    if (/\p{Cs}/u.test(name))
      report(
        'InvalidHeaderDeserialization',
        () => `tensor ${quoted(name)}: half a surrogate pair is not a character`,
        name,
      );
  }
}

function decodeText(header: Uint8Array, report: Report): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    report('InvalidHeader', () => 'the header is not UTF-8; invalid bytes are shown as U+FFFD');
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(header);
  }
}

/** Fills `tensors` and `metadata`. Returns false if the text stops being JSON; earlier fields are kept. */
function* readFields(
  reader: JsonReader,
  tensors: TensorEntry[],
  metadata: [string, string][],
  report: Report,
): Steps<boolean> {
  const seen = new Set<string>();
  const quick = new QuickTensor();
  let fields = 0;
  try {
    for (const name of reader.fields()) {
      if (++fields % ITEMS_PER_STEP === 0) yield;
      const isNew = !seen.has(name);
      seen.add(name);
      if (!isNew) report('DuplicateKey', () => `${quoted(name)} occurs twice in the header; the first is shown`, name);
      if (name === '__metadata__') readMetadata(reader, isNew ? metadata : [], report);
      else {
        const entry = reader.quick(quick.read) ? quick.entry(name) : readTensor(reader, name, report);
        if (!isNew) continue;
        if (tensors.length === MAX_TENSORS) throw tooManyTensors('the header');
        tensors.push(entry.shape.length > MAX_DIMENSIONS ? withoutShape(entry, report) : entry);
      }
    }
    reader.end();
    return true;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    report('InvalidHeaderDeserialization', () => `the header is not JSON ${error.message}`);
    return false;
  }
}

function withoutShape(entry: TensorEntry, report: Report): TensorEntry {
  const { name, shape } = entry;
  const message = `tensor ${quoted(name)} has ${shape.length} dimensions, expected at most ${MAX_DIMENSIONS}`;
  report('TensorInvalidInfo', () => message, name);
  return { ...entry, shape: [], readable: false };
}

function readMetadata(reader: JsonReader, metadata: [string, string][], report: Report): void {
  const wrong = (key: string): void =>
    report('InvalidHeaderDeserialization', () => `__metadata__: ${quoted(key)} is not a string`, '__metadata__');
  if (reader.peekKind() !== 'object') {
    const start = reader.position;
    reader.skip();
    if (reader.slice(start).trim() !== 'null') wrong('__metadata__');
    return;
  }
  reader.object((key) => {
    if (reader.peekKind() === 'string') metadata.push([key, reader.string()]);
    else {
      wrong(key);
      reader.skip();
    }
  });
}

function readTensor(reader: JsonReader, name: string, report: Report): TensorEntry {
  const fault = (message: string): void =>
    report('InvalidHeaderDeserialization', () => `tensor ${quoted(name)}: ${message}`, name);
  let dtype: string | null = null;
  let shape: string[] | null = null;
  let offsets: string[] | null = null;
  const seen = new Set<string>();

  if (reader.peekKind() !== 'object') {
    reader.skip();
    fault('expected an object with dtype, shape and data_offsets');
    return { name, dtype: '?', shape: [], begin: 0, end: 0, readable: false };
  }
  reader.object((field) => {
    if (seen.has(field)) report('DuplicateKey', () => `tensor ${quoted(name)}: ${quoted(field)} occurs twice`, name);
    seen.add(field);
    if (field === 'dtype' && reader.peekKind() === 'string') dtype = reader.string();
    else if (field === 'shape' && (shape = reader.integerTexts()) !== null) return;
    else if (field === 'data_offsets' && (offsets = reader.integerTexts()) !== null) return;
    else reader.skip();
  });

  const counts = { name, report, safe: true };
  const entry = {
    name,
    dtype: dtype ?? '?',
    shape: (shape ?? []).map((digits) => toCount(digits, counts)),
    begin: toCount(offsets?.[0] ?? '0', counts),
    end: toCount(offsets?.[1] ?? '0', counts),
    readable: counts.safe,
  };
  if (dtype === null) fault("'dtype' must be a string");
  else if (!isDtype(dtype)) fault(`dtype ${quoted(dtype)} is not a dtype of the format`);
  if (shape === null) fault("'shape' must be an array of non-negative integers");
  if (offsets === null || (offsets as string[]).length !== 2) fault("'data_offsets' must be two non-negative integers");
  const complete = dtype !== null && isDtype(dtype) && shape !== null && (offsets as string[] | null)?.length === 2;
  return { ...entry, readable: complete && counts.safe };
}

interface Counting {
  readonly name: string;
  readonly report: Report;
  safe: boolean;
}

/** An integer of the header. One beyond 2^53 is reported and rounded. */
function toCount(digits: string, counting: Counting): number {
  const value = Number(digits);
  if (Number.isSafeInteger(value)) return value;
  counting.safe = false;
  const beyondU64 = BigInt(digits.slice(0, 32)) > U64_MAX;
  counting.report(
    beyondU64 ? 'InvalidHeaderDeserialization' : 'ValidationOverflow',
    () => `tensor ${quoted(counting.name)}: ${digits.slice(0, 32)} is beyond ${beyondU64 ? '2^64' : '2^53'}`,
    counting.name,
  );
  return value;
}
