/** Reads a matrix whole, row-major, for overviews. */

import { CheckpointError } from '../../checkpoint/errors';
import { everything } from '../matrixReader';
import type { MatrixReader } from '../matrixReader';

/** Entries of a matrix that is held whole, 128 MB: the largest bottleneck or prompt in use has a tenth of them. */
const MAX_ENTRIES = 2 ** 24;

/** Rejects with `CheckpointError` TooLarge, and as scanning does. */
export async function readMatrix(matrix: MatrixReader, name: string, signal?: AbortSignal): Promise<Float64Array> {
  const { rows, columns } = matrix;
  if (rows * columns > MAX_ENTRIES) {
    const message = `${rows * columns} entries, at most ${MAX_ENTRIES} for an overview`;
    throw new CheckpointError('TooLarge', message, name);
  }
  const values = new Float64Array(rows * columns);
  await matrix.scan(
    everything(matrix),
    ({ firstRow, rowCount, firstColumn, columnCount, values: block }) => {
      for (let i = 0; i < rowCount; i++)
        values.set(block.subarray(i * columnCount, (i + 1) * columnCount), (firstRow + i) * columns + firstColumn);
    },
    signal,
  );
  return values;
}
