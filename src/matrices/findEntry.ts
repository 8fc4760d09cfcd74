/** Finds an entry of interest in a matrix of any size: the next one that is not finite, or the largest. */

import type { EntryPlace, Sought } from '../protocol/matrix';
import type { Progress } from '../protocol/rpc';
import type { Block, MatrixReader, RowRange } from './matrixReader';
import { progressCounter } from './progressCounter';

/** Ends a scan early, which a visitor cannot do in any other way. */
class Found extends Error {
  constructor(readonly place: EntryPlace) {
    super('found');
  }
}

/**
 * 'nonNumber' finds the first entry after `after`, row by row, and continues from the top up to and including `after`.
 * 'largest' finds the first entry of the largest finite magnitude, for which it reads all entries. `null` if there is
 * no such entry.
 */
export async function findEntry(
  matrix: MatrixReader,
  sought: Sought,
  after: EntryPlace | undefined,
  progress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<EntryPlace | null> {
  const { rows, columns } = matrix;
  if (rows * columns === 0) return null;
  const scan = async (range: RowRange, visit: (block: Block) => void): Promise<void> => {
    if (range.count > 0) await matrix.scan({ ranges: [range], firstColumn: 0, columnCount: columns }, visit, signal);
  };
  if (sought === 'largest') return largest(rows * columns, (visit) => scan({ first: 0, count: rows }, visit), progress);
  const begin = after ? Math.min(rows - 1, Math.max(0, Math.floor(after.row))) : 0;
  // The first row is read twice: at the beginning and at the end.
  const count = progressCounter((rows + 1) * columns, progress);
  const look =
    (wanted: (row: number, column: number) => boolean) =>
    (block: Block): void => {
      const { values, columnCount, firstRow, firstColumn } = block;
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        if (value - value === 0) continue;
        const row = firstRow + Math.floor(i / columnCount);
        const column = firstColumn + (i % columnCount);
        if (wanted(row, column)) throw new Found({ row, column });
      }
      count(values.length);
    };
  try {
    await scan(
      { first: begin, count: rows - begin },
      look((row, column) => !after || row > after.row || column > after.column),
    );
    if (after)
      await scan(
        { first: 0, count: begin + 1 },
        look(() => true),
      );
    return null;
  } catch (error) {
    if (error instanceof Found) return error.place;
    throw error;
  }
}

async function largest(
  entries: number,
  scan: (visit: (block: Block) => void) => Promise<void>,
  progress: (progress: Progress) => void,
): Promise<EntryPlace | null> {
  const count = progressCounter(entries, progress);
  let best = -1;
  let place: EntryPlace | null = null;
  await scan(({ values, columnCount, firstRow, firstColumn }) => {
    for (let i = 0; i < values.length; i++) {
      const magnitude = Math.abs(values[i]!);
      // Infinity - Infinity is NaN, so this skips all values that are not finite.
      if (!(magnitude > best) || magnitude - magnitude !== 0) continue;
      best = magnitude;
      place = { row: firstRow + Math.floor(i / columnCount), column: firstColumn + (i % columnCount) };
    }
    count(values.length);
  });
  return place;
}
