/** Pieces of a file read into the engine's memory and worked on there, the next one coming in meanwhile. */

import type { Engine } from '../tensor/engine/engine';
import type { ResidentArray } from '../tensor/engine/resident';
import type { ResidentBlock } from './matrixReader';
import { Pacer } from './pacer';

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
  let reading: Promise<void> | undefined;
  let came: ResidentBlock | undefined;
  const bufferFor = (bytes: number): number => {
    const length = Math.ceil(bytes / 4);
    const kept = buffers[turn];
    if (kept && kept.length >= length) return kept.address;
    kept?.free();
    return (buffers[turn] = engine.allocate(length)).address;
  };
  try {
    for (const piece of pieces) {
      turn = 1 - turn;
      const address = bufferFor(bytesOf(piece));
      reading = read(piece, address);
      if (came) visit(came);
      await reading;
      came = { ...piece, address, strideBytes };
      await pacer.pause();
    }
    if (came) visit(came);
  } finally {
    await reading?.catch(() => undefined);
    for (const buffer of buffers) buffer?.free();
  }
}
