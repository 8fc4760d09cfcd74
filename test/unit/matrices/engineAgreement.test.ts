import { strict as assert } from 'node:assert';
import { memorySource } from '../../../src/checkpoint/byteSource';
import type { ByteSource } from '../../../src/checkpoint/byteSource';
import { bitsOf, DTYPES, undecodable } from '../../../src/checkpoint/dtypes';
import type { Dtype } from '../../../src/checkpoint/dtypes';
import type { MatrixLayout } from '../../../src/checkpoint/adapters/factorLayout';
import type { Statistics, Tile } from '../../../src/protocol/matrix';
import { currentEngine, useEngine } from '../../../src/tensor/engine/current';
import { isEngineDtype } from '../../../src/tensor/engine/dtypes';
import { Engine } from '../../../src/tensor/engine/engine';
import { seededRandom } from '../../../src/tensor/random';
import { DeltaMatrix } from '../../../src/matrices/deltaMatrix';
import type { MatrixReader } from '../../../src/matrices/matrixReader';
import { readStatistics } from '../../../src/matrices/readStatistics';
import { readTile } from '../../../src/matrices/readTile';
import { StoredMatrix, StoredTensor } from '../../../src/matrices/storedMatrix';

const decodable = DTYPES.filter((dtype) => undecodable(dtype) === null);

/** Bytes in memory, read in place like a local file. */
function fastSource(bytes: Uint8Array): ByteSource {
  return {
    ...memorySource(bytes),
    async readInto(offset, target) {
      target.set(bytes.subarray(offset, offset + target.length));
    },
  };
}

/** Random bytes, with every code and with NaN and infinities. Wide floats have exponents near 1, except a few. */
function randomBytes(dtype: Dtype, count: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  if (dtype === 'F32' || dtype === 'F64') {
    const values = Array.from({ length: count }, (_, i) => {
      if (i % 97 === 13) return [NaN, Infinity, -Infinity, 0, -0, 1e-30][i % 6]!;
      return (random() - 0.5) * 10 ** Math.floor(6 * random() - 3);
    });
    return new Uint8Array((dtype === 'F32' ? Float32Array : Float64Array).from(values).buffer);
  }
  if (dtype === 'C64') {
    return new Uint8Array(Float32Array.from({ length: 2 * count }, () => random() - 0.5).buffer);
  }
  return Uint8Array.from({ length: Math.ceil((count * bitsOf(dtype)) / 8) }, () => Math.floor(256 * random()));
}

const LEAD = 3;

function stored(dtype: Dtype, layout: MatrixLayout, bytes: Uint8Array, fast: boolean): MatrixReader {
  const entry = { name: 'x', dtype, shape: [layout.rows, layout.columns], begin: 0, end: bytes.length, readable: true };
  // The data of a tensor may begin at any byte of a file.
  const file = new Uint8Array(LEAD + bytes.length);
  file.set(bytes, LEAD);
  return new StoredMatrix(new StoredTensor(fast ? fastSource(file) : memorySource(file), LEAD, entry), layout);
}

async function plainly<T>(work: () => Promise<T>): Promise<T> {
  const engine = currentEngine();
  useEngine(null);
  try {
    return await work();
  } finally {
    useEngine(engine);
  }
}

function assertClose(
  actual: number,
  expected: number,
  what: string,
  tolerance: number,
  scale = Math.abs(expected),
): void {
  const close = Object.is(actual, expected) || actual === expected || Math.abs(actual - expected) <= tolerance * scale;
  assert.ok(close, `${what}: ${actual}, expected ${expected}`);
}

function assertSameStatistics(actual: Statistics, expected: Statistics, what: string, tolerance = 1e-12): void {
  for (const name of [
    'count',
    'min',
    'max',
    'maxAbs',
    'zeros',
    'nan',
    'positiveInfinity',
    'negativeInfinity',
  ] as const) {
    assertClose(actual[name], expected[name], `${what} ${name}`, tolerance);
  }
  const { maxAbs } = expected;
  // The engine adds short runs of float32 entries, and of their squares, in float32.
  assertClose(actual.mean, expected.mean, `${what} mean`, Math.max(tolerance, 1e-8), maxAbs);
  assertClose(actual.standardDeviation, expected.standardDeviation, `${what} deviation`, Math.max(tolerance, 1e-6));
  assertClose(actual.norm, expected.norm, `${what} norm`, Math.max(tolerance, 1e-6));
  assert.equal(actual.sampled, expected.sampled);
  // The plain loops count magnitudes by 12 bits of mantissa. Where the engine counts codes, it has all bits.
  actual.absQuantiles.forEach((q, i) => assertClose(q, expected.absQuantiles[i]!, `${what} quantile ${i}`, 2 ** -11));
}

function assertSameTile(actual: Tile, expected: Tile, what: string, tolerance: number, scale: number): void {
  assert.deepEqual([actual.width, actual.height, actual.sampled], [expected.width, expected.height, expected.sampled]);
  actual.values.forEach((value, i) => {
    const other = expected.values[i]!;
    // +x and -x tie, and either may represent the cell.
    const tie = Math.abs(value) === Math.abs(other);
    if (!tie) assertClose(value, other, `${what} cell ${i}`, tolerance, scale);
  });
}

const CASES: readonly MatrixLayout[] = [
  { rows: 301, columns: 517, offset: 0, rowStride: 517, columnStride: 1 },
  { rows: 1, columns: 4099, offset: 0, rowStride: 4099, columnStride: 1 },
  { rows: 777, columns: 1, offset: 0, rowStride: 1, columnStride: 1 },
  // A window of wider rows, like the prefix of one layer.
  { rows: 67, columns: 48, offset: 96, rowStride: 192, columnStride: 1 },
];

describe('reading through the engine', () => {
  before(() => {
    assert.ok(currentEngine(), 'this platform runs no engine');
  });

  it('covers every numeric dtype except complex ones and those narrower than a byte', () => {
    assert.deepEqual(
      decodable.filter((dtype) => !isEngineDtype(dtype)),
      ['F4', 'F6_E2M3', 'F6_E3M2', 'C64'],
    );
  });

  for (const dtype of decodable) {
    it(`gives the statistics and cells of the plain loops for ${dtype}`, async () => {
      for (const [i, layout] of CASES.entries()) {
        const { rows, columns, offset, rowStride } = layout;
        const bytes = randomBytes(dtype, offset + rows * rowStride, i + 1);
        for (const fast of [true, false]) {
          const matrix = stored(dtype, layout, bytes, fast);
          const what = `${dtype} ${rows} x ${columns}${fast ? '' : ' from afar'}`;
          const read = (): Promise<Statistics> => readStatistics(matrix, () => undefined);
          const [statistics, expected] = [await read(), await plainly(read)];
          assertSameStatistics(statistics, expected, what);
          assert.deepEqual(statistics.histogram, expected.histogram, what);
          for (const reduction of ['mean', 'maxAbs', 'min', 'max'] as const) {
            for (const level of [0, 1, 3, 10]) {
              const tile = (): Promise<Tile> => readTile(matrix, { level, tileX: 0, tileY: 0, reduction });
              const scale = Math.fround(expected.maxAbs);
              assertSameTile(await tile(), await plainly(tile), `${what} ${reduction} level ${level}`, 1e-6, scale);
            }
          }
        }
      }
    });
  }

  it('takes the same samples as the plain loops', async () => {
    const layout = { rows: 5000, columns: 96, offset: 0, rowStride: 96, columnStride: 1 };
    const matrix = stored('BF16', layout, randomBytes('BF16', 5000 * 96, 7), true);
    const read = (): Promise<Statistics> => readStatistics(matrix, () => undefined, undefined, 2 ** 18);
    const statistics = await read();
    assert.equal(statistics.sampled, true);
    assertSameStatistics(statistics, await plainly(read), 'a sample');
    for (const budget of [2 ** 16, 2 ** 13]) {
      const tile = (): Promise<Tile> =>
        readTile(matrix, { level: 6, tileX: 0, tileY: 0, reduction: 'maxAbs' }, undefined, budget);
      const sample = await tile();
      assert.equal(sample.sampled, true);
      assertSameTile(sample, await plainly(tile), 'a sampled tile', 0, 1);
    }
  });

  it('works on memory that is not shared, which moves when it grows', async () => {
    const before = currentEngine();
    const bytes = randomBytes('F16', 2000 * 3001, 11);
    const matrix = stored(
      'F16',
      { rows: 2000, columns: 3001, offset: 0, rowStride: 3001, columnStride: 1 },
      bytes,
      true,
    );
    const read = (): Promise<Statistics> => readStatistics(matrix, () => undefined);
    useEngine(new Engine({ shared: false }));
    const statistics = await read();
    useEngine(before);
    assertSameStatistics(statistics, await plainly(read), 'not shared');
  });

  it('frees its memory, even if it is cancelled or a read fails', async () => {
    const engine = currentEngine()!;
    const used = engine.arena.usedBytes;
    const bytes = randomBytes('F32', 3000 * 1000, 5);
    const layout = { rows: 3000, columns: 1000, offset: 0, rowStride: 1000, columnStride: 1 };
    const matrix = stored('F32', layout, bytes, true);
    await readStatistics(matrix, () => undefined);
    await readTile(matrix, { level: 4, tileX: 0, tileY: 0, reduction: 'mean' });
    const controller = new AbortController();
    const stopped = readStatistics(matrix, () => controller.abort(new Error('stop')), controller.signal);
    await assert.rejects(stopped, /stop/);
    const short = stored('F32', layout, bytes.subarray(0, bytes.length - 400), true);
    (short as unknown as { tensor: { source: { readInto: unknown } } }).tensor.source.readInto = () =>
      Promise.reject(new Error('the disk is gone'));
    await assert.rejects(
      readStatistics(short, () => undefined),
      /disk is gone/,
    );
    await assert.rejects(readTile(short, { level: 4, tileX: 0, tileY: 0, reduction: 'mean' }), /disk is gone/);
    assert.equal(engine.arena.usedBytes, used);
  });
});

describe('a product computed through the engine', () => {
  const random = seededRandom(3);
  const values = (length: number): Float64Array => Float64Array.from({ length }, () => Math.fround(random() - 0.5));
  const factors = { rank: 5, inFeatures: 333, outFeatures: 700, scaling: 1.7, a: values(5 * 333), b: values(700 * 5) };

  it('has the statistics and cells of the float64 product, to the precision of float32', async () => {
    const delta = new DeltaMatrix(factors);
    assert.ok(delta.resident);
    const read = (): Promise<Statistics> => readStatistics(delta, () => undefined);
    assertSameStatistics(await read(), await plainly(read), 'delta', 1e-6);
    for (const place of [
      { level: 1, tileX: 0, tileY: 1 },
      { level: 3, tileX: 0, tileY: 0 },
    ]) {
      const tile = (): Promise<Tile> => readTile(delta, { ...place, reduction: 'maxAbs' });
      assertSameTile(await tile(), await plainly(tile), 'delta', 1e-6, 1);
    }
  });

  it('is computed in float64 if float32 cannot hold the factors or their products', () => {
    const wide = { ...factors, a: factors.a.map((x, i) => (i === 7 ? 0.1 : x)) };
    const tiny = { ...factors, a: factors.a.map((x) => x * 2 ** -100), scaling: 1e-20 };
    const huge = { ...factors, a: factors.a.map((x) => x * 2 ** 100), scaling: 1e20 };
    for (const [name, changed] of Object.entries({ wide, tiny, huge })) {
      assert.equal(new DeltaMatrix(changed).resident, null, name);
    }
  });
});

describe('the engine in use', () => {
  it('can be switched off', async () => {
    await plainly(async () => assert.equal(currentEngine(), null));
    assert.ok(currentEngine());
  });
});
