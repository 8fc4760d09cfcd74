/** Writes a matrix as CSV or NumPy's .npy, in pieces and without loss if the format allows it. */

import { needsFloat64 } from '../checkpoint/dtypes';
import { storedText, valueText } from '../checkpoint/valueText';
import type { ExportFormat } from '../protocol/matrix';
import type { Progress } from '../protocol/rpc';
import type { Sink } from '../checkpoint/fileAccess';
import { everything } from './matrixReader';
import type { Block, MatrixReader } from './matrixReader';
import { Pacer } from '../checkpoint/pacer';

/** Approximate number of characters per write. */
const TEXT_CHUNK = 2 ** 16;

export async function writeMatrix(
  matrix: MatrixReader,
  format: ExportFormat,
  sink: Sink,
  progress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<void> {
  const total = matrix.rows * matrix.columns;
  let done = 0;
  const descriptor = npyDescriptor(matrix.dtype);
  const pacer = new Pacer(signal);
  if (format === 'npy') await sink(npyHeader(descriptor, matrix.rows, matrix.columns));
  await matrix.scan(
    everything(matrix),
    async (block) => {
      if (format === 'npy') await sink(npyBytes(block, descriptor));
      else await writeCsv(block, matrix, sink, pacer);
      done += block.values.length;
      progress({ done, total });
    },
    signal,
  );
}

/** 64-bit integers and C64 keep their bytes. Other dtypes fit '<f4' or '<f8'. Computed matrices use '<f4'. */
function npyDescriptor(dtype: MatrixReader['dtype']): '<f4' | '<f8' | '<i8' | '<u8' | '<c8' {
  if (dtype === 'computed') return '<f4';
  if (dtype === 'I64') return '<i8';
  if (dtype === 'U64') return '<u8';
  if (dtype === 'C64') return '<c8';
  return needsFloat64(dtype) ? '<f8' : '<f4';
}

/**
 * Version 1.0 of the format: magic, version, u16 length, a Python dict, padded with spaces to a multiple of 64 bytes.
 */
function npyHeader(descriptor: string, rows: number, columns: number): Uint8Array {
  const dict = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const prefix = 10;
  const length = Math.ceil((prefix + dict.length + 1) / 64) * 64 - prefix;
  const text = `\x93NUMPY\x01\x00${String.fromCharCode(length & 255, length >> 8)}${dict.padEnd(length - 1)}\n`;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function npyBytes({ values, stored, rowCount, columnCount }: Block, descriptor: string): Uint8Array {
  if (stored && (descriptor === '<i8' || descriptor === '<u8' || descriptor === '<c8')) {
    const out = new Uint8Array(8 * rowCount * columnCount);
    for (let i = 0; i < rowCount; i++) {
      const start = 8 * (stored.first + i * stored.rowStride);
      out.set(stored.bytes.subarray(start, start + 8 * columnCount), 8 * i * columnCount);
    }
    return out;
  }
  const width = descriptor === '<f8' ? 8 : 4;
  const out = new DataView(new ArrayBuffer(width * values.length));
  for (let i = 0; i < values.length; i++) {
    if (width === 8) out.setFloat64(8 * i, values[i]!, true);
    else out.setFloat32(4 * i, values[i]!, true);
  }
  return new Uint8Array(out.buffer);
}

/** Writes one line per row, with shortest exact decimals and the names NaN and Infinity. */
async function writeCsv(block: Block, matrix: MatrixReader, sink: Sink, pacer: Pacer): Promise<void> {
  const encoder = new TextEncoder();
  const { values, rowCount, columnCount, firstColumn } = block;
  let text = '';
  for (let i = 0; i < rowCount; i++) {
    for (let j = 0; j < columnCount; j++) {
      const separator = firstColumn + j + 1 === matrix.columns ? '\n' : ',';
      text += entryText(block, matrix.dtype, values[i * columnCount + j]!, i, j) + separator;
      if (text.length < TEXT_CHUNK) continue;
      await sink(encoder.encode(text));
      text = '';
      await pacer.pause();
    }
  }
  await sink(encoder.encode(text));
}

function entryText({ stored }: Block, dtype: MatrixReader['dtype'], value: number, i: number, j: number): string {
  if (dtype === 'computed') return String(value);
  if (stored && (dtype === 'I64' || dtype === 'U64' || dtype === 'C64')) {
    return storedText(dtype, stored.bytes, stored.first + i * stored.rowStride + j);
  }
  return valueText(dtype, value);
}
