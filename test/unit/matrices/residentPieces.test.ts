import { strict as assert } from 'node:assert';
import { currentEngine } from '../../../src/tensor/engine/current';
import { scanPieces } from '../../../src/matrices/residentPieces';
import type { Piece } from '../../../src/matrices/residentPieces';

describe('pieces of a file', () => {
  const engine = currentEngine()!;
  const ROW_BYTES = 4000;
  const rowsOf = (count: number): Piece[] =>
    Array.from({ length: count }, (_, i) => ({
      firstRow: i * 10,
      rowCount: 1,
      firstColumn: 0,
      columnCount: ROW_BYTES / 4,
    }));

  /** Fills each piece with its row; `most` counts the reads that ran at the same time. */
  function reader(failing?: number) {
    const counts = { now: 0, most: 0, done: 0 };
    return {
      counts,
      bytesOf: ({ rowCount }: Piece) => rowCount * ROW_BYTES,
      strideBytes: ROW_BYTES,
      async read({ firstRow, rowCount }: Piece, address: number): Promise<void> {
        counts.most = Math.max(counts.most, ++counts.now);
        // Later reads finish first.
        await new Promise((resolve) => setTimeout(resolve, 5 - ((firstRow / 10) % 5)));
        counts.now--;
        counts.done++;
        if (firstRow === failing) throw new Error('the disk is gone');
        engine.arena.bytes(address, rowCount * ROW_BYTES).fill(firstRow / 10);
      },
    };
  }

  it('are read together if they are small, and visited in order with their own bytes', async () => {
    const seen: number[] = [];
    const pieces = reader();
    await scanPieces(engine, rowsOf(100), pieces, ({ firstRow, address }) => {
      const bytes = engine.arena.bytes(address, ROW_BYTES);
      assert.ok(
        bytes.every((byte) => byte === firstRow / 10),
        `row ${firstRow}`,
      );
      seen.push(firstRow);
    });
    assert.deepEqual(
      seen,
      rowsOf(100).map(({ firstRow }) => firstRow),
    );
    assert.ok(pieces.counts.most > 8 && pieces.counts.most <= 32, `${pieces.counts.most} at a time`);
  });

  it('are read one after the other if they are large', async () => {
    const large = rowsOf(5).map((piece) => ({ ...piece, rowCount: 300 }));
    const pieces = reader();
    let visited = 0;
    await scanPieces(engine, large, pieces, () => void visited++);
    assert.deepEqual([visited, pieces.counts.most], [5, 1]);
  });

  it('have no pending read when the failure of one is reported', async () => {
    const pieces = reader(70);
    await assert.rejects(
      scanPieces(engine, rowsOf(40), pieces, () => undefined),
      /the disk is gone/,
    );
    assert.equal(pieces.counts.now, 0);
    assert.equal(pieces.counts.done, 32);
  });
});
