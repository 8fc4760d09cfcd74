import { strict as assert } from 'node:assert';
import type { EntryPlace } from '../../../src/protocol/matrix';
import type { MatrixReader } from '../../../src/matrices/matrixReader';
import { findEntry } from '../../../src/matrices/findEntry';
import { MemoryMatrix } from '../../../src/matrices/memoryMatrix';
import { fixturePath } from '../checkpoint/fixtures';
import { jobCaller } from '../worker/jobContext';

const ROWS = 7;
const COLUMNS = 11;

function inMemory(values: Float32Array, rows: number, columns: number): MatrixReader {
  const layout = { rows, columns, offset: 0, rowStride: columns, columnStride: 1 };
  return new MemoryMatrix(values, layout, 'F32', () => Promise.reject(new Error('no cell is read')));
}

/** Ordinary numbers, except the given ones at their positions. */
function matrixWith(special: readonly (readonly [number, number, number])[]): MatrixReader {
  const data = Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => Math.sin(i));
  for (const [row, column, value] of special) data[row * COLUMNS + column] = value;
  return inMemory(data, ROWS, COLUMNS);
}

/** Every position that repeated searches find, until they find the first one again. */
async function tour(matrix: MatrixReader): Promise<EntryPlace[]> {
  const places: EntryPlace[] = [];
  let place = await findEntry(matrix, 'nonNumber', undefined, () => undefined);
  while (place && !places.some(({ row, column }) => row === place!.row && column === place!.column)) {
    places.push(place);
    place = await findEntry(matrix, 'nonNumber', place, () => undefined);
  }
  return places;
}

describe('the search for an entry', () => {
  const call = jobCaller();
  after(() => call.closeAll());

  it('finds the next NaN or infinity row by row, and the first again after the last', async () => {
    const places = [
      [0, 3, NaN],
      [2, 0, Infinity],
      [2, 1, NaN],
      [2, 10, -Infinity],
      [6, 10, NaN],
    ] as const;
    const expected = places.map(([row, column]) => ({ row, column }));
    const matrix = matrixWith(places);
    assert.deepEqual(await tour(matrix), expected);
    assert.deepEqual(await findEntry(matrix, 'nonNumber', { row: 6, column: 10 }, () => undefined), expected[0]);
    assert.deepEqual(await findEntry(matrix, 'nonNumber', { row: 2, column: 2 }, () => undefined), expected[3]);
  });

  it('finds a single one again, and none if all entries are finite', async () => {
    const only = { row: 4, column: 5 };
    assert.deepEqual(await findEntry(matrixWith([[4, 5, NaN]]), 'nonNumber', only, () => undefined), only);
    assert.equal(await findEntry(matrixWith([]), 'nonNumber', only, () => undefined), null);
  });

  it('finds the largest finite magnitude, of either sign', async () => {
    const matrix = matrixWith([
      [0, 0, NaN],
      [1, 1, Infinity],
      [3, 4, -7.5],
      [5, 6, 7],
    ]);
    assert.deepEqual(await findEntry(matrix, 'largest', undefined, () => undefined), { row: 3, column: 4 });
    const none = inMemory(new Float32Array(6).fill(NaN), 2, 3);
    assert.equal(await findEntry(none, 'largest', undefined, () => undefined), null);
  });

  it('finds in files of every dtype what reading the entries one by one finds', async () => {
    const { source, description } = await call('checkpoint/open', {
      path: fixturePath('checkpoint', 'dtypes.safetensors'),
    });
    let found = 0;
    for (const { name, shape, readable } of description.tensors) {
      if (!readable || shape.includes(0) || shape.length > 2) continue;
      const [rows, columns] = shape.length === 2 ? (shape as [number, number]) : [1, shape[0] ?? 1];
      const matrix = { kind: 'tensor', name } as const;
      const expected: EntryPlace[] = [];
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const { value } = await call('cell/read', { source, matrix, row, column });
          if (!Number.isFinite(value)) expected.push({ row, column });
        }
      }
      assert.deepEqual(await call('cell/find', { source, matrix, sought: 'nonNumber' }), expected[0] ?? null, name);
      for (const [i, after] of expected.entries()) {
        assert.deepEqual(
          await call('cell/find', { source, matrix, sought: 'nonNumber', after }),
          expected[(i + 1) % expected.length],
          name,
        );
      }
      found += expected.length;
    }
    assert.ok(found > 2, `${found} found`);
  });

  it('stops once it is cancelled', async () => {
    const { source, description } = await call('checkpoint/open', {
      path: fixturePath('peft_saved', 'lora', 'adapter_model.safetensors'),
    });
    const matrix = { kind: 'tensor', name: description.tensors[0]!.name } as const;
    await assert.rejects(call('cell/find', { source, matrix, sought: 'largest' }, AbortSignal.abort()));
  });
});
