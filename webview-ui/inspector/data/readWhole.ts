/** Reads a small matrix whole, for computations on its values. */

import { TILE_SIZE } from '../../../src/protocol/matrix';
import type { MatrixSource } from '../../shared/heatmap/types';

/** 4 MB of floats. Activations and attention maps fit; weights do not and need not. */
const WHOLE_LIMIT = 1 << 20;

export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/** Resolves to (rows, columns), row-major. Throws `TooLargeError` above `WHOLE_LIMIT` entries. */
export async function readWhole(source: MatrixSource, signal: AbortSignal): Promise<Float32Array> {
  const { rows, columns } = source;
  if (rows * columns > WHOLE_LIMIT)
    throw new TooLargeError(`${rows} x ${columns} entries, expected at most ${WHOLE_LIMIT}`);
  const whole = new Float32Array(rows * columns);
  const reads: Promise<void>[] = [];
  for (let top = 0; top < rows; top += TILE_SIZE) {
    for (let left = 0; left < columns; left += TILE_SIZE) {
      const request = { level: 0, tileX: left / TILE_SIZE, tileY: top / TILE_SIZE, reduction: 'mean' } as const;
      reads.push(
        source.readTile(request, signal).then(({ values, width, height }) => {
          for (let row = 0; row < height; row++) {
            whole.set(values.subarray(row * width, (row + 1) * width), (top + row) * columns + left);
          }
        }),
      );
    }
  }
  await Promise.all(reads);
  return whole;
}
