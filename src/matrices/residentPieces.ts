/** Pieces of a file read into the engine's memory and worked on there, the next one coming in meanwhile. */

import type { Engine } from '../tensor/engine/engine';
import type { ResidentArray } from '../tensor/engine/resident';
import type { ResidentBlock } from './matrixReader';
import { Pacer } from './pacer';

/** Pieces that are read at the same time, where they are small: each waits for the disk by itself. */
const READS_AT_ONCE = 32;
/** Bytes that they have together, at most. A larger piece is read alone. */
const SMALL_BYTES = 2 ** 20;
/** Where the next piece of a group may begin. */
const ALIGNMENT = 64;

/** Some rows, or a part of one. */
export type Piece = Omit<ResidentBlock, 'address' | 'strideBytes'>;

export interface PieceReader {
  /** What lies between the first entry of a piece and the end of its last, a chunk at most. */
  bytesOf(piece: Piece): number;
  /** From a row to the next. */
  readonly strideBytes: number;
  /** Fills memory at `address` with so many bytes. */
  read(piece: Piece, address: number): Promise<void>;
}

/**
 * Visits each piece in turn. Rejects with the signal's reason once it is aborted, and with what reading rejects with;
 * the memory is given back after the last read has settled, whatever happens.
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
      // None may still be filling memory when it is given back.
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
  /** Each at its offset in a buffer of `bytes`. */
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

/** Waits for all of them, then rejects with the first that failed. */
async function settleAll(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}
