/** Reads pieces of a file into the engine's memory and processes them there while the next ones are read. */

import type { Engine } from '../tensor/engine/engine';
import type { ResidentArray } from '../tensor/engine/resident';
import type { ResidentBlock } from './matrixReader';
import { Pacer } from '../checkpoint/pacer';

/** Number of small pieces that are read concurrently, because each waits for the disk. */
const READS_AT_ONCE = 32;
/** Maximum total size of concurrently read pieces. A larger piece is read alone. */
const SMALL_BYTES = 2 ** 20;
/** Alignment of the pieces of a group in memory. */
const ALIGNMENT = 64;

/** Some rows, or a part of one row. */
export type Piece = Omit<ResidentBlock, 'address' | 'strideBytes'>;

export interface PieceReader {
  /** Number of bytes from the first entry of a piece to the end of its last: a chunk at most. */
  bytesOf(piece: Piece): number;
  /** Distance between rows. */
  readonly strideBytes: number;
  /** Reads `bytesOf(piece)` bytes into memory at `address`. */
  read(piece: Piece, address: number): Promise<void>;
}

/**
 * Visits each piece in turn. Rejects with the signal's reason once it is aborted, or with the reason of a failed read.
 * In every case the memory is released only after the last read has settled.
 */
export async function scanPieces(
  engine: Engine,
  pieces: Iterable<Piece>,
  { bytesOf, strideBytes, read }: PieceReader,
  visit: (block: ResidentBlock) => void,
  signal?: AbortSignal,
): Promise<void> {
  const pacer = new Pacer(signal);
  const buffers: (ResidentArray | undefined)[] = [];
  let turn = 0;
  let reading: Promise<unknown> | undefined;
  let came: readonly ResidentBlock[] = [];
  const bufferFor = (bytes: number): number => {
    const length = Math.ceil(bytes / 4);
    const kept = buffers[turn];
    if (kept && kept.length >= length) return kept.address;
    kept?.free();
    return (buffers[turn] = engine.allocate(length)).address;
  };
  try {
    for (const group of smallTogether(pieces, bytesOf)) {
      turn = 1 - turn;
      const start = bufferFor(group.bytes);
      const blocks = group.pieces.map(({ piece, offset }) => ({ ...piece, address: start + offset, strideBytes }));
      // All reads must settle before their memory is released.
      reading = settleAll(blocks.map((block) => read(block, block.address)));
      for (const block of came) visit(block);
      await reading;
      came = blocks;
      await pacer.pause();
    }
    for (const block of came) visit(block);
  } finally {
    await reading?.catch(() => undefined);
    for (const buffer of buffers) buffer?.free();
  }
}

interface Group {
  /** Pieces with their offsets in a buffer of `bytes`. */
  readonly pieces: readonly { readonly piece: Piece; readonly offset: number }[];
  readonly bytes: number;
}

function* smallTogether(pieces: Iterable<Piece>, bytesOf: (piece: Piece) => number): Generator<Group> {
  let group: { piece: Piece; offset: number }[] = [];
  let end = 0;
  for (const piece of pieces) {
    const bytes = Math.ceil(bytesOf(piece) / ALIGNMENT) * ALIGNMENT;
    if (group.length > 0 && (group.length === READS_AT_ONCE || end + bytes > SMALL_BYTES)) {
      yield { pieces: group, bytes: end };
      group = [];
      end = 0;
    }
    group.push({ piece, offset: end });
    end += bytes;
  }
  if (group.length > 0) yield { pieces: group, bytes: end };
}

/** Waits for all promises, then rejects with the first failure. */
async function settleAll(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}
