/** Everything the worker can be asked, without a word about threads: the handlers of its end of the channel. */

import { CheckpointError } from '../checkpoint/errors';
import { LruCache } from '../protocol/lruCache';
import type { Tile } from '../protocol/matrix';
import { matrixKey } from '../protocol/matrixKey';
import { packDescription } from '../protocol/packedDescription';
import type { Handlers, RequestContext } from '../protocol/rpc';
import type { OpenedSource, SourceId, WorkerRequests } from '../protocol/worker';
import { currentEngine } from '../tensor/engine/current';
import { openCheckpoint } from '../matrices/openCheckpoint';
import { entryProducts } from '../matrices/deltaMatrix';
import { DemoSource } from './demoSource';
import type { FileAccess } from '../checkpoint/fileAccess';
import { findEntry } from '../matrices/findEntry';
import type { MatrixSource } from '../matrices/matrixSource';
import { moduleMetrics } from './loraMetrics';
import type { StartMeasurers } from './measurer';
import { moduleSpectrum } from '../matrices/moduleSpectrum';
import { columnCache, readCell } from '../matrices/readCell';
import { QUICK, readStatistics } from '../matrices/readStatistics';
import { QUICK_TILE_BUDGET, readTile } from '../matrices/readTile';
import { scanTensors } from '../matrices/scanTensors';
import { Turns } from './turns';

/** Tiles kept: some 125, two screens at several levels. A view keeps more of its own. */
const TILE_CACHE_BYTES = 32 * 2 ** 20;
/**
 * Tiles of local files that are read at a time, each with 8 MB of buffers: one is computed while another waits for the
 * disk. With more, the first to be asked for would be there no sooner than the last.
 */
const LOCAL_TILES_AT_ONCE = 2;
/** Column summaries kept: of a few dozen matrices. */
const COLUMN_CACHE_BYTES = 16 * 2 ** 20;

export function createJobs(files: FileAccess, startMeasurers?: StartMeasurers): Handlers<WorkerRequests> {
  const sources = new Map<SourceId, MatrixSource>();
  const tiles = new LruCache<Tile>(TILE_CACHE_BYTES, { sizeOf: ({ values }) => values.byteLength });
  const columns = columnCache(COLUMN_CACHE_BYTES);
  const localTurns = new Turns(LOCAL_TILES_AT_ONCE);
  let nextId: SourceId = 1;

  const find = (id: SourceId): MatrixSource => {
    const source = sources.get(id);
    if (!source) throw new CheckpointError('NotFound', `source ${id} is not open`);
    return source;
  };
  const add = async (source: MatrixSource, { signal, transfer }: RequestContext): Promise<OpenedSource> => {
    try {
      const description = await packDescription(source.description);
      // Cancelled meanwhile: nobody will learn the id, so nobody could close it.
      signal.throwIfAborted();
      const id = nextId++;
      sources.set(id, source);
      transfer(description.json.buffer);
      return { source: id, description };
    } catch (error) {
      await source.close();
      throw error;
    }
  };

  return {
    async 'checkpoint/open'({ path }, context) {
      const source = await openCheckpoint(files, path, context.signal);
      // Made while the view lays itself out, rather than while it waits for its first tile.
      setTimeout(currentEngine, 0);
      return add(source, context);
    },

    async 'demo/run'({ seed, trainingSteps }, context) {
      const { signal, progress } = context;
      const { describedDemo } = await import('./demo.js');
      const demo = await describedDemo({ seed, trainingSteps, signal, onProgress: progress }, currentEngine());
      return { ...(await add(new DemoSource(demo), context)), text: demo.result.text };
    },

    async 'tile/read'({ source, matrix, level, tileX, tileY, reduction, quick }, { signal, transfer }) {
      const wholeKey = JSON.stringify([source, matrixKey(matrix), level, tileX, tileY, reduction]);
      const key = quick ? `${wholeKey} quick` : wholeKey;
      let tile = tiles.get(wholeKey) ?? tiles.get(key);
      if (!tile) {
        const reader = await find(source).matrix(matrix, signal);
        const place = { level, tileX, tileY, reduction };
        const read = (): Promise<Tile> => readTile(reader, place, signal, quick ? QUICK_TILE_BUDGET : undefined);
        tile = await (reader.resident?.fast && !quick ? localTurns.take(read, signal) : read());
        tiles.set(tile.sampled ? key : wholeKey, tile);
      }
      // The kept tile stays ours: what is sent away is a copy.
      const values = Float32Array.from(tile.values);
      transfer(values.buffer);
      return { ...tile, values };
    },

    async 'cell/read'({ source, matrix, row, column }, { signal }) {
      const reader = await find(source).matrix(matrix, signal);
      return readCell(reader, row, column, columns, JSON.stringify([source, matrixKey(matrix)]), signal);
    },

    async 'cell/find'({ source, matrix, sought, after }, { signal, progress }) {
      return findEntry(await find(source).matrix(matrix, signal), sought, after, progress, signal);
    },

    async 'matrix/statistics'({ source, matrix, whole, quick }, { signal, progress }) {
      const reader = await find(source).matrix(matrix, signal);
      return readStatistics(reader, progress, signal, whole ? Infinity : quick ? QUICK : undefined);
    },

    async 'tensors/scan'({ source, first }, { signal, progress }) {
      return scanTensors(find(source), first, progress, signal);
    },

    async 'lora/products'({ source, module, row, column, step }, { signal }) {
      const factors = await find(source).factors(module, step, signal);
      const { rank, inFeatures, outFeatures, scaling, a, b } = factors;
      if (!(
        Number.isInteger(row) &&
        row >= 0 &&
        row < outFeatures &&
        Number.isInteger(column) &&
        column >= 0 &&
        column < inFeatures
      )) {
        throw new CheckpointError(
          'NotFound',
          `entry (${row}, ${column}) is outside the product of ${outFeatures} x ${inFeatures}`,
          module,
        );
      }
      const bRow = b.slice(row * rank, (row + 1) * rank);
      const aColumn = Float64Array.from({ length: rank }, (_, k) => a[k * inFeatures + column]!);
      return { bRow, aColumn, scaling, ...entryProducts(factors, row, column) };
    },

    async 'lora/spectrum'({ source, module, step }, { signal }) {
      return moduleSpectrum(await find(source).factors(module, step, signal));
    },

    async 'lora/metrics'({ source }, { signal, progress }) {
      return moduleMetrics(find(source), progress, signal, startMeasurers);
    },

    async 'matrix/write'({ source, matrix, format, path }, { signal, progress }) {
      const { writeMatrix } = await import('./writers.js');
      const reader = await find(source).matrix(matrix, signal);
      return files.writeAtomically(path, (sink) => writeMatrix(reader, format, sink, progress, signal));
    },

    async 'adapter/write'({ source, folder }, { signal }) {
      const adapter = find(source).adapter?.();
      if (!adapter) throw new CheckpointError('NotFound', `source ${source} holds no adapter that could be saved`);
      const { saveAdapter } = await import('./writers.js');
      return saveAdapter(files, folder, adapter, signal);
    },

    async 'source/close'({ source }) {
      const found = find(source);
      sources.delete(source);
      await found.close();
    },
  };
}
