/** The parts of the sources that open.mjs uses: sparse models, and the bytes that the worker's jobs read of them. */

import { overviewLevel } from '../../webview-ui/shared/heatmap/tilePlan';
import { jobCaller } from '../unit/worker/jobContext';
import { countingFiles } from './countingFiles';

export { writeSparseFile, writeSparseShards } from './sparseModels';

/** Bytes read through the `ByteSource` for opening, and then for the tile that shows all of the first matrix. */
export async function bytesAtOpening(path: string): Promise<{ opening: number; tile: number }> {
  const files = countingFiles();
  const call = jobCaller(files);
  const { source, description } = await call('checkpoint/open', { path });
  const opening = files.bytes;
  const { name, shape } = description.tensors[0]!;
  const level = overviewLevel({ rows: shape.at(-2) ?? 1, columns: shape.at(-1) ?? 1 });
  await call('tile/read', { source, matrix: { kind: 'tensor', name }, level, tileX: 0, tileY: 0, reduction: 'mean' });
  await call.closeAll();
  return { opening, tile: files.bytes - opening };
}
