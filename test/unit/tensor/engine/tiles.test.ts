import { strict as assert } from 'node:assert';
import { Engine } from '../../../../src/tensor/engine/engine';
import type { CellReduction } from '../../../../src/tensor/engine/tileScan';
import { evenBounds, levelBounds, TileScan } from '../../../../src/tensor/engine/tileScan';
import { seededRandom } from '../../../../src/tensor/random';
import { spawnTestThread } from './engineThreads';

const REDUCTIONS: readonly CellReduction[] = ['maxAbs', 'mean', 'min', 'max'];
const engine = new Engine();

/** The definition. */
function reduce(
  reduction: CellReduction,
  values: Float32Array,
  columns: number,
  rowBounds: Int32Array,
  columnBounds: Int32Array,
): number[] {
  const cells: number[] = [];
  for (let i = 0; i + 1 < rowBounds.length; i++) {
    for (let j = 0; j + 1 < columnBounds.length; j++) {
      const block: number[] = [];
      for (let r = rowBounds[i]!; r < rowBounds[i + 1]!; r++) {
        for (let c = columnBounds[j]!; c < columnBounds[j + 1]!; c++) block.push(values[r * columns + c]!);
      }
      if (reduction === 'mean') cells.push(block.reduce((sum, x) => sum + x, 0) / block.length);
      else if (reduction === 'min') cells.push(Math.min(...block));
      else if (reduction === 'max') cells.push(Math.max(...block));
      else if (block.some(Number.isNaN)) cells.push(NaN);
      else
        cells.push(
          block.reduce((best, x) =>
            Math.abs(x) > Math.abs(best) || (Math.abs(x) === Math.abs(best) && x > best) ? x : best,
          ),
        );
    }
  }
  return cells;
}

/**
 * Values that BF16 and F16 hold exactly, with ties of sign and zeros, and with NaN and infinities if `faults` is set.
 */
function matrix(rows: number, columns: number, faults: boolean): Float32Array {
  const random = seededRandom(rows * 1000 + columns);
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    if (faults && i % 211 === 5) return [NaN, Infinity, -Infinity][i % 3]!;
    return (Math.floor(random() * 129) - 64) / 16;
  });
}

/** Encodes values that the dtype holds exactly. */
function encode(dtype: string, values: Float32Array): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.slice().buffer);
  if (dtype === 'F64') return new Uint8Array(Float64Array.from(values).buffer);
  const bits = new Uint32Array(values.slice().buffer);
  if (dtype === 'BF16') return new Uint8Array(Uint16Array.from(bits, (b) => b >>> 16).buffer);
  const halves = Uint16Array.from(bits, (b) => {
    const sign = (b >>> 16) & 0x8000;
    const exponent = (b >>> 23) & 0xff;
    if (exponent === 0) return sign;
    if (exponent === 0xff) return sign | 0x7c00 | ((b & 0x7fffff) === 0 ? 0 : 0x200);
    return sign | ((exponent - 112) << 10) | ((b >>> 13) & 0x3ff);
  });
  return new Uint8Array(halves.buffer);
}

function scan(
  on: Engine,
  dtype: string,
  reduction: CellReduction,
  values: Float32Array,
  columns: number,
  rowBounds: Int32Array,
  columnBounds: Int32Array,
  bandRows: number,
): Float32Array {
  const bytes = encode(dtype, values);
  const rows = values.length / columns;
  const stride = bytes.length / rows;
  const resident = on.allocate(Math.ceil(bytes.length / 4));
  on.arena.bytes(resident.address, bytes.length).set(bytes);
  const tile = new TileScan(on, dtype, reduction, rowBounds, columnBounds);
  for (let row = 0; row < rows; row += bandRows) {
    tile.addRows(row, Math.min(bandRows, rows - row), resident.address + row * stride, stride);
  }
  const out = tile.finish();
  const cells = out.data.slice();
  out.free();
  resident.free();
  return cells;
}

function assertCells(actual: Float32Array, expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  expected.forEach((cell, i) => {
    const near = Object.is(actual[i], Math.fround(cell)) || Math.abs(actual[i]! - cell) <= 1e-6;
    assert.ok(near, `${what}: cell ${i} is ${actual[i]}, not ${cell}`);
  });
}

describe('tile kernels', () => {
  it('agree with the definition for every reduction, dtype and division', () => {
    for (const dtype of ['F32', 'BF16', 'F16', 'F64']) {
      for (const [rows, columns] of [
        [1, 1],
        [5, 3],
        [37, 53],
        [64, 130],
      ] as const) {
        for (const faults of [false, true]) {
          const values = matrix(rows, columns, faults);
          const cuts = [
            [levelBounds(rows, 0), levelBounds(columns, 0)],
            [levelBounds(rows, 2), levelBounds(columns, 2)],
            [levelBounds(rows, 9), levelBounds(columns, 9)],
            [evenBounds(rows, Math.min(rows, 7)), evenBounds(columns, Math.min(columns, 11))],
          ] as const;
          for (const [rowBounds, columnBounds] of cuts) {
            for (const reduction of REDUCTIONS) {
              const expected = reduce(reduction, values, columns, rowBounds, columnBounds);
              for (const band of [rows, 5]) {
                const actual = scan(engine, dtype, reduction, values, columns, rowBounds, columnBounds, band);
                assertCells(actual, expected, `${dtype} ${reduction} ${rows} x ${columns} in bands of ${band}`);
              }
            }
          }
        }
      }
    }
  });

  it('cells whose columns exceed the scratch memory are computed in parts', () => {
    const columns = 300_000;
    const values = matrix(2, columns, false);
    values[280_000] = -70;
    const rowBounds = levelBounds(2, 1);
    for (const columnBounds of [Int32Array.of(0, columns), Int32Array.of(0, 10, 290_000, columns)]) {
      for (const reduction of ['maxAbs', 'mean'] as const) {
        const expected = reduce(reduction, values, columns, rowBounds, columnBounds);
        assertCells(scan(engine, 'F32', reduction, values, columns, rowBounds, columnBounds, 2), expected, reduction);
      }
    }
  });

  it('missing rows leave NaN, and the rows that arrived determine their cells', () => {
    const tile = new TileScan(engine, 'F32', 'mean', Int32Array.of(0, 2, 4), Int32Array.of(0, 2));
    const row = engine.keep([1, 3]);
    tile.addRows(1, 1, row.address, 8);
    assert.deepEqual([...tile.finish().data], [2, NaN]);
  });

  it('threads give the same cells as one thread', () => {
    const crew = new Engine({ threads: 3, spawn: spawnTestThread });
    try {
      const [rows, columns] = [700, 1100];
      const values = matrix(rows, columns, true);
      for (const reduction of REDUCTIONS) {
        const bounds = [evenBounds(rows, 64), evenBounds(columns, 100)] as const;
        const [one, three] = [engine, crew].map((on) => scan(on, 'F32', reduction, values, columns, ...bounds, rows));
        assert.deepEqual(three, one);
      }
    } finally {
      crew.dispose();
    }
  });
});
