/** Requests about the matrices of an open source: tiles, cells, statistics. */

import { findEntry } from '../matrices/findEntry';
import { columnCache, readCell } from '../matrices/readCell';
import { QUICK, readStatistics } from '../matrices/readStatistics';
import { QUICK_TILE_BUDGET, readTile } from '../matrices/readTile';
import { scanTensors } from '../matrices/scanTensors';
import { LruCache } from '../protocol/lruCache';
import type { Tile } from '../protocol/matrix';
import { matrixKey } from '../protocol/matrixKey';
import type { Handlers } from '../protocol/rpc';
import type { WorkerRequests } from '../protocol/worker';
import type { OpenSources } from './openSources';
import { Turns } from './turns';

/** Size of the tile cache: about 125 tiles, two screens at several levels. Views have a larger cache of their own. */
const TILE_CACHE_BYTES = 32 * 2 ** 20;
/**
 * Number of tiles of local files that are read at a time, each with 8 MB of buffers: one is computed while another
 * waits for the disk. With more, the tile that was requested first would not arrive any sooner than the last.
 */
const LOCAL_TILES_AT_ONCE = 2;
/** Size of the cache of column summaries: those of a few dozen matrices. */
const COLUMN_CACHE_BYTES = 16 * 2 ** 20;

type MatrixJobs = Pick<
  Handlers<WorkerRequests>,
  'tile/read' | 'cell/read' | 'cell/find' | 'matrix/statistics' | 'tensors/scan'
>;

export function matrixJobs(sources: OpenSources): MatrixJobs {
  const tiles = new LruCache<Tile>(TILE_CACHE_BYTES, { sizeOf: ({ values }) => values.byteLength });
  const columns = columnCache(COLUMN_CACHE_BYTES);
  const localTurns = new Turns(LOCAL_TILES_AT_ONCE);

  return {
    async 'tile/read'({ source, matrix, level, tileX, tileY, reduction, quick }, { signal, transfer }) {
      const wholeKey = JSON.stringify([source, matrixKey(matrix), level, tileX, tileY, reduction]);
      const key = quick ? `${wholeKey} quick` : wholeKey;
      let tile = tiles.get(wholeKey) ?? tiles.get(key);
      if (!tile) {
        const reader = await sources.find(source).matrix(matrix, signal);
        const place = { level, tileX, tileY, reduction };
        const read = (): Promise<Tile> => readTile(reader, place, signal, quick ? QUICK_TILE_BUDGET : undefined);
        tile = await (reader.resident?.fast && !quick ? localTurns.take(read, signal) : read());
        tiles.set(tile.sampled ? key : wholeKey, tile);
      }
      // The cached tile stays here, so a copy is transferred.
      const values = Float32Array.from(tile.values);
      transfer(values.buffer);
      return { ...tile, values };
    },

    async 'cell/read'({ source, matrix, row, column }, { signal }) {
      const reader = await sources.find(source).matrix(matrix, signal);
      return readCell(reader, row, column, columns, JSON.stringify([source, matrixKey(matrix)]), signal);
    },

    async 'cell/find'({ source, matrix, sought, after }, { signal, progress }) {
      return findEntry(await sources.find(source).matrix(matrix, signal), sought, after, progress, signal);
    },

    async 'matrix/statistics'({ source, matrix, whole, quick }, { signal, progress }) {
      const reader = await sources.find(source).matrix(matrix, signal);
      return readStatistics(reader, progress, signal, whole ? Infinity : quick ? QUICK : undefined);
    },

    async 'tensors/scan'({ source, first }, { signal, progress }) {
      return scanTensors(sources.find(source), first, progress, signal);
    },
  };
}
