import { strict as assert } from 'node:assert';
import { TileReducer } from '../../../src/tensor/tiles';
import type { TileReduction } from '../../../src/tensor/tiles';

/** The definition: reduces the list of entries of each cell. */
function reduceSlowly(
  rows: number,
  columns: number,
  level: number,
  reduction: TileReduction,
  values: ArrayLike<number>,
): number[] {
  const side = 2 ** level;
  const cells: number[] = [];
  for (let y = 0; y < rows; y += side) {
    for (let x = 0; x < columns; x += side) {
      const block: number[] = [];
      for (let i = y; i < Math.min(y + side, rows); i++) {
        for (let j = x; j < Math.min(x + side, columns); j++) block.push(values[i * columns + j]!);
      }
      if (reduction === 'mean') cells.push(block.reduce((sum, value) => sum + value, 0) / block.length);
      else if (block.some(Number.isNaN)) cells.push(NaN);
      else if (reduction !== 'maxAbs') cells.push(block.sort((a, b) => a - b).at(reduction === 'min' ? 0 : -1)!);
      else cells.push(block.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0));
    }
  }
  return cells;
}

describe('a tile', () => {
  const values = Float64Array.from({ length: 37 * 53 }, (_, i) => Math.sin(i * 12.9898) * 3);

  for (const reduction of ['mean', 'maxAbs', 'min', 'max'] as const) {
    for (const level of [0, 1, 3, 6]) {
      it(`of level ${level} is the ${reduction} of each block, in any order of rows`, () => {
        const expected = reduceSlowly(37, 53, level, reduction, values);
        for (const [rowsAtOnce, columnsAtOnce] of [
          [37, 53],
          [1, 53],
          [5, 53],
          [1, 10],
        ] as const) {
          const reducer = new TileReducer(37, 53, level, reduction);
          assert.deepEqual([reducer.width, reducer.height], [Math.ceil(53 / 2 ** level), Math.ceil(37 / 2 ** level)]);
          for (let row = 0; row < 37; row += rowsAtOnce) {
            for (let column = 0; column < 53; column += columnsAtOnce) {
              const count = Math.min(rowsAtOnce, 37 - row);
              const width = Math.min(columnsAtOnce, 53 - column);
              const part = Float64Array.from(
                { length: count * width },
                (_, i) => values[(row + Math.floor(i / width)) * 53 + column + (i % width)]!,
              );
              reducer.addRows(row, count, part, column, width);
            }
          }
          reducer
            .finish()
            .forEach((value, i) =>
              assert.ok(Math.abs(value - expected[i]!) < 1e-6, `cell ${i}: ${value}, expected ${expected[i]}`),
            );
        }
      });
    }
  }

  it('shows a NaN or an infinity, whatever else the block contains', () => {
    for (const [fault, mean, maxAbs] of [
      [NaN, NaN, NaN],
      [Infinity, Infinity, Infinity],
      [-Infinity, -Infinity, -Infinity],
    ] as const) {
      for (let at = 0; at < 4; at++) {
        const block = [1, -2, 3, -4];
        block[at] = fault;
        for (const [reduction, expected] of [
          ['mean', mean],
          ['maxAbs', maxAbs],
        ] as const) {
          const reducer = new TileReducer(2, 2, 1, reduction);
          reducer.addRows(0, 2, block);
          assert.deepEqual([...reducer.finish()], [expected], `${fault} at ${at}, ${reduction}`);
        }
      }
    }
    const both = new TileReducer(1, 2, 1, 'maxAbs');
    both.addRows(0, 1, [Infinity, NaN]);
    assert.deepEqual([...both.finish()], [NaN]);
  });

  it('keeps the sign of the entry of largest magnitude', () => {
    const reducer = new TileReducer(2, 2, 1, 'maxAbs');
    reducer.addRows(0, 2, [1, -5, 3, 4]);
    assert.deepEqual([...reducer.finish()], [-5]);
  });

  it('covers the rows that arrived, and is NaN if none did', () => {
    const reducer = new TileReducer(4, 2, 1, 'mean');
    reducer.addRows(1, 1, [2, 4]);
    assert.deepEqual([...reducer.finish()], [3, NaN]);
  });

  it('keeps a NaN visible with min and max too', () => {
    const values = Float32Array.of(1, NaN, 5, 6, -2, 3, -Infinity, 8);
    const cells = (reduction: TileReduction): number[] => {
      const reducer = new TileReducer(2, 4, 1, reduction);
      reducer.addRows(0, 2, values);
      return [...reducer.finish()];
    };
    assert.deepEqual(cells('min'), [NaN, -Infinity]);
    assert.deepEqual(cells('max'), [NaN, 8]);
  });
});
