/** A matrix of a tensor in a file, read in ranges. At most a chunk of it is in memory. */

import type { ByteSource } from '../checkpoint/byteSource';
import { decodeValues, isDtype, packingOf, undecodable, valuesFor } from '../checkpoint/dtypes';
import type { Packing, StoredType } from '../checkpoint/dtypes';
import { CheckpointError } from '../checkpoint/errors';
import { quoted } from '../peftConfig/quoted';
import type { MatrixLayout } from '../checkpoint/adapters/factorLayout';
import type { TensorEntry } from '../checkpoint/header';
import { storedText } from '../checkpoint/valueText';
import { isEngineDtype } from '../tensor/engine/dtypes';
import type { Engine } from '../tensor/engine/engine';
import { unravel } from './matrixReader';
import type { CellValue, MatrixReader, ResidentEntries, ScanRequest, Visitor } from './matrixReader';
import { Pacer } from '../checkpoint/pacer';
import { scanPieces } from './residentPieces';
import type { Piece } from './residentPieces';

/** Size of one read: large enough to make the overhead negligible, small enough to cancel soon and to hold. */
const CHUNK_BYTES = 4 * 2 ** 20;
/** A gap up to this size between the segments of two rows is read too, because a separate read costs about as much. */
const GAP_BYTES = 64 * 2 ** 10;

/** Decoding a quantised or sub-byte entry takes about as long as reading this number of bytes. */
const DECODING_COST = 2;

/** A tensor's bytes in its file, and single entries of it. */
export class StoredTensor {
  readonly dtype: StoredType;
  /** Average bits per entry, since a quantised block also holds scales. */
  readonly bits: number;
  private readonly packing: Packing;

  /** Throws `CheckpointError` Unreadable for a tensor whose data is incomplete or whose type is not decoded. */
  constructor(
    private readonly source: ByteSource,
    /** Offset of the data in the file. */
    private readonly dataStart: number,
    readonly entry: TensorEntry,
  ) {
    const { name, dtype, readable } = entry;
    const unread = readable ? undecodable(dtype) : 'its data is missing or damaged';
    const packing = packingOf(dtype);
    if (unread !== null || !packing) {
      throw new CheckpointError('Unreadable', `tensor ${quoted(name)}: ${unread}`, name);
    }
    this.dtype = dtype;
    this.packing = packing;
    this.bits = (8 * packing.bytes) / packing.entries;
  }

  /** Reads the whole runs that hold `count` entries from entry `first` on, which follows `skip` others in `bytes`. */
  async read(first: number, count: number, signal?: AbortSignal): Promise<{ bytes: Uint8Array; skip: number }> {
    const { entries, bytes: runBytes } = this.packing;
    const run = Math.floor(first / entries);
    const start = run * runBytes;
    // The last run of a tensor with sub-byte entries may be incomplete.
    const end = Math.min(Math.ceil((first + count) / entries) * runBytes, this.entry.end - this.entry.begin);
    const bytes = await this.source.read(this.dataStart + this.entry.begin + start, end - start, signal);
    return { bytes, skip: first - run * entries };
  }

  /** Whether the source is a local file. */
  get fast(): boolean {
    return this.source.readInto !== undefined;
  }

  /** Reads `count` entries of whole bytes from entry `first` on into the engine's memory at `address`. */
  async readResident(
    engine: Engine,
    first: number,
    count: number,
    address: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const length = (count * this.bits) / 8;
    // Memory that is not shared may move during the read.
    if (engine.arena.shared) await this.readInto(first, engine.arena.bytes(address, length), signal);
    else engine.arena.bytes(address, length).set((await this.read(first, count, signal)).bytes);
  }

  /** Fills `target` with the bytes of the entries from entry `first` on. */
  async readInto(first: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const offset = this.dataStart + this.entry.begin + (first * this.bits) / 8;
    if (this.source.readInto) await this.source.readInto(offset, target, signal);
    else target.set(await this.source.read(offset, target.length, signal));
  }

  async entryAt(offset: number, signal?: AbortSignal): Promise<CellValue> {
    const { bytes, skip } = await this.read(offset, 1, signal);
    const value = new Float64Array(1);
    decodeValues(this.dtype, bytes, value, skip);
    return { value: value[0]!, text: storedText(this.dtype, bytes, skip), index: unravel(offset, this.entry.shape) };
  }
}

export class StoredMatrix implements MatrixReader {
  readonly rows: number;
  readonly columns: number;
  readonly dtype: StoredType;
  readonly costPerEntry: number;
  readonly columnCost: number;
  readonly resident: ResidentEntries | null;

  /** `layout` must have column stride 1. Other layouts occur only for factors, which are read whole. */
  constructor(
    private readonly tensor: StoredTensor,
    private readonly layout: MatrixLayout,
  ) {
    this.rows = layout.rows;
    this.columns = layout.columns;
    this.dtype = tensor.dtype;
    this.costPerEntry = isEngineDtype(tensor.dtype) ? tensor.bits / 8 : Math.max(tensor.bits / 8, DECODING_COST);
    this.columnCost = layout.rows * Math.min(layout.rowStride * this.costPerEntry, GAP_BYTES);
    this.resident = isEngineDtype(tensor.dtype) ? this.residentEntries() : null;
  }

  private residentEntries(): ResidentEntries {
    const { offset, rowStride } = this.layout;
    const entriesOf = ({ rowCount, columnCount }: Piece): number => (rowCount - 1) * rowStride + columnCount;
    return {
      dtype: this.dtype,
      fast: this.tensor.fast,
      scan: (engine, request, visit, signal) =>
        scanPieces(
          engine,
          this.pieces(request),
          {
            bytesOf: (piece) => entriesOf(piece) * this.costPerEntry,
            strideBytes: rowStride * this.costPerEntry,
            read: (piece, address) => {
              const first = offset + piece.firstRow * rowStride + piece.firstColumn;
              return this.tensor.readResident(engine, first, entriesOf(piece), address, signal);
            },
          },
          visit,
          signal,
        ),
    };
  }

  cell(row: number, column: number, signal?: AbortSignal): Promise<CellValue> {
    return this.tensor.entryAt(this.layout.offset + row * this.layout.rowStride + column, signal);
  }

  async scan(request: ScanRequest, visit: Visitor, signal?: AbortSignal): Promise<void> {
    const pacer = new Pacer(signal);
    for (const piece of this.pieces(request)) {
      await this.visitPiece(piece, visit, signal);
      await pacer.pause();
    }
  }

  private *pieces({ ranges, firstColumn, columnCount }: ScanRequest): Generator<Piece> {
    const rowsAtOnce = this.rowsAtOnce(columnCount);
    const columnsAtOnce = Math.min(columnCount, Math.floor(CHUNK_BYTES / this.costPerEntry));
    for (const { first, count } of ranges) {
      for (let row = first; row < first + count; row += rowsAtOnce) {
        const rowCount = Math.min(rowsAtOnce, first + count - row);
        for (let column = 0; column < columnCount; column += columnsAtOnce) {
          const width = Math.min(columnsAtOnce, columnCount - column);
          yield { firstRow: row, rowCount, firstColumn: firstColumn + column, columnCount: width };
        }
      }
    }
  }

  /** Several rows are read at once if whole rows fit a chunk and the gaps between the requested parts are small. */
  private rowsAtOnce(columnCount: number): number {
    const stride = this.layout.rowStride * this.costPerEntry;
    if (stride - columnCount * this.costPerEntry > GAP_BYTES) return 1;
    return Math.max(1, Math.floor(CHUNK_BYTES / stride));
  }

  private async visitPiece(piece: Piece, visit: Visitor, signal?: AbortSignal): Promise<void> {
    const { firstRow, rowCount, firstColumn, columnCount } = piece;
    const { offset, rowStride } = this.layout;
    const first = offset + firstRow * rowStride + firstColumn;
    const { bytes, skip } = await this.tensor.read(first, (rowCount - 1) * rowStride + columnCount, signal);
    const values = valuesFor(this.dtype, rowCount * columnCount);
    if (rowStride === columnCount) decodeValues(this.dtype, bytes, values, skip);
    else {
      for (let i = 0; i < rowCount; i++) {
        const row = values.subarray(i * columnCount, (i + 1) * columnCount);
        decodeValues(this.dtype, bytes, row, skip + i * rowStride);
      }
    }
    const stored = isDtype(this.dtype) ? { dtype: this.dtype, bytes, first: skip, rowStride } : undefined;
    await visit({ ...piece, values, ...(stored && { stored }) });
  }
}
