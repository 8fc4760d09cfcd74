import { strict as assert } from 'node:assert';
import type { ByteSource } from '../../../src/checkpoint/byteSource';
import { sliceLayout } from '../../../src/checkpoint/adapters/factorLayout';
import type { MatrixReader } from '../../../src/matrices/matrixReader';
import { columnCache, readCell } from '../../../src/matrices/readCell';
import { readStatistics } from '../../../src/matrices/readStatistics';
import { readTile } from '../../../src/matrices/readTile';
import { StoredMatrix, StoredTensor } from '../../../src/matrices/storedMatrix';

/** A file of any size that is never written, because byte n is computed. Counts the bytes read. */
function computedSource(size: number): ByteSource & { bytesRead: number; reads: number; largest: number } {
  const source = {
    size,
    bytesRead: 0,
    reads: 0,
    largest: 0,
    read: async (offset: number, length: number) => {
      source.bytesRead += length;
      source.reads++;
      source.largest = Math.max(source.largest, length);
      assert.ok(offset >= 0 && offset + length <= size);
      const bytes = new Uint8Array(length);
      for (let i = 0, value = offset % 251; i < length; i++, value++) {
        if (value === 251) value = 0;
        bytes[i] = value;
      }
      return bytes;
    },
    close: async () => undefined,
  };
  return source;
}

function matrixOf(
  source: ByteSource,
  dtype: string,
  shape: readonly number[],
  slice?: readonly number[],
): MatrixReader {
  const entry = { name: 'x', dtype, shape, begin: 0, end: source.size, readable: true };
  return new StoredMatrix(new StoredTensor(source, 0, entry), sliceLayout(shape, slice)!);
}

const MiB = 2 ** 20;

describe('a matrix larger than memory', () => {
  it('gives its finest tiles and reads little more than their bytes', async () => {
    const source = computedSource(151_936 * 8192 * 2);
    const matrix = matrixOf(source, 'BF16', [151_936, 8192]);
    const tile = await readTile(matrix, { level: 0, tileX: 3, tileY: 500, reduction: 'mean' });
    assert.deepEqual([tile.width, tile.height, tile.sampled], [256, 256, false]);
    assert.ok(source.bytesRead <= 256 * 8192 * 2, `${source.bytesRead} bytes`);
    const wide = computedSource(1000 * 1_000_000 * 4);
    await readTile(matrixOf(wide, 'F32', [1000, 1_000_000]), { level: 0, tileX: 7, tileY: 1, reduction: 'maxAbs' });
    assert.equal(wide.bytesRead, 256 * 256 * 4);
  });

  it('gives its coarsest tile from a sample within the budget', async () => {
    for (const [shape, bytes] of [
      [[1_000_000, 3000], 1],
      [[3000, 1_000_000], 1],
      [[1, 40_000_000_000], 1],
      [[60_000_000_000], 1],
    ] as const) {
      const size = shape.reduce((product: number, n) => product * n, bytes);
      const source = computedSource(size);
      const matrix = matrixOf(source, 'U8', shape);
      const level = Math.ceil(Math.log2(Math.max(matrix.rows, matrix.columns) / 256));
      const tile = await readTile(matrix, { level, tileX: 0, tileY: 0, reduction: 'mean' }, undefined, 4 * MiB);
      assert.equal(tile.sampled, true);
      assert.ok(source.bytesRead <= 5 * MiB, `${shape.join(' x ')}: ${source.bytesRead} bytes`);
      assert.ok(source.reads <= 70_000, `${source.reads} reads`);
      for (const value of tile.values) assert.ok(value >= 0 && value <= 250, `${shape.join(' x ')}: ${value}`);
    }
  });

  it('gives statistics of an even sample within the budget, for either shape', async () => {
    for (const shape of [
      [10_000_000, 300],
      [2, 4_000_000_000],
    ] as const) {
      const source = computedSource(shape[0] * shape[1]);
      const done: number[] = [];
      const statistics = await readStatistics(
        matrixOf(source, 'U8', shape),
        (progress) => done.push(progress.done / progress.total),
        undefined,
        2 * MiB,
      );
      assert.equal(statistics.sampled, true);
      assert.ok(source.bytesRead <= 2 * 2 * MiB, `${source.bytesRead} bytes`);
      assert.ok(statistics.count > MiB);
      assert.ok(Math.abs(statistics.mean - 125) < 2, `mean ${statistics.mean}`);
      assert.equal(done.at(-1), 1);
    }
  });

  it('never has more than one chunk in memory', async () => {
    const source = computedSource(10_000_000);
    await readStatistics(matrixOf(source, 'U8', [1, 10_000_000]), () => undefined);
    // Codes of 8 and 16 bits are counted, which also gives the histogram. Wider entries are read twice.
    assert.equal(source.bytesRead, 10_000_000);
    assert.ok(source.largest <= 4 * MiB);
    await readStatistics(matrixOf(source, 'U32', [5, 500_000]), () => undefined);
    assert.equal(source.bytesRead, 30_000_000);
    assert.ok(source.largest <= 4 * MiB);
  });

  it('is read whole on request', async () => {
    const source = computedSource(80 * MiB);
    const sampled = await readStatistics(matrixOf(source, 'U8', [80, MiB]), () => undefined, undefined, MiB);
    assert.deepEqual([sampled.sampled, sampled.count < 2 * MiB], [true, true]);
    const whole = await readStatistics(matrixOf(source, 'U8', [80, MiB]), () => undefined, undefined, Infinity);
    assert.deepEqual([whole.sampled, whole.count], [false, 80 * MiB]);
    assert.equal(whole.zeros, Math.ceil((80 * MiB) / 251));
  });

  it('has no line summaries if a line is too long for a hover', async () => {
    const source = computedSource(4_000_000 * 100_000);
    const cell = await readCell(matrixOf(source, 'U8', [100_000, 4_000_000]), 5, 6, columnCache(MiB), 'key');
    assert.equal(cell.value, (5 * 4_000_000 + 6) % 251);
    assert.equal(cell.column, null);
    assert.ok(source.bytesRead <= 5 * MiB);
    const longer = await readCell(matrixOf(source, 'U8', [10, 40_000_000_000]), 5, 6, columnCache(MiB), 'key');
    assert.equal(longer.row, null);
  });

  it('summarises all columns at the first hover and reads none at the second', async () => {
    const source = computedSource(2000 * 2500 * 4);
    const matrix = matrixOf(source, 'U32', [2000, 2500]);
    const columns = columnCache(16 * MiB);
    const first = await readCell(matrix, 3, 4, columns, 'key');
    const before = source.bytesRead;
    const second = await readCell(matrix, 3, 4, columns, 'key');
    assert.deepEqual(second, first);
    assert.ok(source.bytesRead - before <= 2500 * 4 + 4);
    const one = await readCell(matrixOf(source, 'U32', [2000, 2500]), 3, 2499, columnCache(16 * MiB), 'key');
    assert.equal(one.column!.count, 2000);
  });

  it('is read no further than the current chunk after a cancel', async () => {
    const source = computedSource(400 * MiB);
    const controller = new AbortController();
    const stopped = readStatistics(
      matrixOf(source, 'U8', [400, MiB]),
      () => controller.abort(new Error('stop')),
      controller.signal,
    );
    await assert.rejects(stopped, /stop/);
    assert.ok(source.reads <= 2);
  });
});
