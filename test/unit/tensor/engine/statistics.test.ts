import { strict as assert } from 'node:assert';
import { CodeCounts } from '../../../../src/tensor/engine/codeCounts';
import { engineDtype } from '../../../../src/tensor/engine/dtypes';
import { Engine } from '../../../../src/tensor/engine/engine';
import { HistogramScan } from '../../../../src/tensor/engine/histogramScan';
import { StatisticsScan } from '../../../../src/tensor/engine/statisticsScan';
import { normalRandom, seededRandom } from '../../../../src/tensor/random';
import { HistogramAccumulator, StatisticsAccumulator } from '../../../../src/tensor/statistics';
import { spawnTestThread } from './engineThreads';

const SHARES = [0.5, 0.9, 0.95, 0.99, 0.999];
const engine = new Engine();

interface Entries {
  readonly bytes: Uint8Array;
  readonly values: ArrayLike<number>;
}

const ARRAYS = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
} as const;

/** Encodes numbers in a dtype, and returns the values that they then have. */
function stored(dtype: string, numbers: readonly number[]): Entries {
  if (dtype in ARRAYS) {
    const values = ARRAYS[dtype as keyof typeof ARRAYS].from(numbers);
    return { bytes: new Uint8Array(values.buffer), values };
  }
  if (dtype === 'I64' || dtype === 'U64') {
    const values = BigInt64Array.from(numbers, (x) => BigInt(Math.trunc(Math.abs(x))));
    return { bytes: new Uint8Array(values.buffer), values: Float64Array.from(values, Number) };
  }
  const { values, bytes } = engineDtype(dtype);
  const order = [...values!.keys()]
    .filter((code) => !Number.isNaN(values![code]))
    .sort((a, b) => values![a]! - values![b]!);
  const nan = values!.findIndex(Number.isNaN);
  const codes = numbers.map((x) => {
    if (Number.isNaN(x)) return nan;
    let [low, high] = [0, order.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values![order[middle]!]! < x) low = middle + 1;
      else high = middle;
    }
    return order[low]!;
  });
  const array = bytes === 1 ? Uint8Array.from(codes) : Uint16Array.from(codes);
  return { bytes: new Uint8Array(array.buffer), values: Float64Array.from(codes, (code) => values![code]!) };
}

function assertClose(actual: number, expected: number, tolerance: number, what: string): void {
  const near =
    Object.is(actual, expected) || Math.abs(actual - expected) <= tolerance * Math.max(Math.abs(expected), 1e-300);
  assert.ok(near, `${what}: ${actual}, not ${expected}`);
}

/** Compares the scan with the plain accumulators. */
function check(dtype: string, { bytes, values }: Entries, what: string, on = engine): void {
  const twin = new StatisticsAccumulator();
  twin.add(values);
  const expected = twin.summary();
  for (const momentsOnly of [false, true]) {
    const scan = new StatisticsScan(on, dtype, { momentsOnly });
    scan.add(bytes);
    const actual = scan.summary();
    for (const key of [
      'count',
      'min',
      'max',
      'maxAbs',
      'zeros',
      'nan',
      'positiveInfinity',
      'negativeInfinity',
    ] as const) {
      assert.equal(actual[key], expected[key], `${dtype} ${what}: ${key}`);
    }
    const l1 = Array.from(values).reduce((sum, x) => (Number.isFinite(x) ? sum + Math.abs(x) : sum), 0);
    if (Number.isNaN(expected.mean)) assert.ok(Number.isNaN(actual.mean) && Number.isNaN(actual.l1));
    else {
      // The error of the mean of n terms is relative to their magnitudes, not to the mean.
      const scale = l1 / expected.count;
      assert.ok(
        Math.abs(actual.mean - expected.mean) <= 1e-6 * scale,
        `${dtype} ${what}: mean ${actual.mean}, not ${expected.mean}`,
      );
      assertClose(actual.standardDeviation, expected.standardDeviation, 1e-5, `${dtype} ${what}: deviation`);
      assertClose(actual.norm, expected.norm, 1e-6, `${dtype} ${what}: norm`);
      assertClose(actual.l1, l1, 1e-6, `${dtype} ${what}: l1`);
    }
    if (!momentsOnly) checkDistribution(scan, bytes, values, twin, `${dtype} ${what}`, on);
    scan.free();
  }
}

function checkDistribution(
  scan: StatisticsScan,
  bytes: Uint8Array,
  values: ArrayLike<number>,
  twin: StatisticsAccumulator,
  what: string,
  on: Engine,
): void {
  const { min, max } = twin.summary();
  if (Number.isNaN(min)) return;
  let distribution = scan.distribution(256, SHARES);
  if (!distribution) {
    const second = scan.startHistogram(256);
    const copy = on.keep(new Float32Array(Math.ceil(bytes.length / 4)));
    on.arena.bytes(copy.address, bytes.length).set(bytes);
    second.addResident(copy.address, bytes.length);
    distribution = second.finish(SHARES);
    copy.free();
  }
  const histogram = new HistogramAccumulator(min, max, 256);
  histogram.add(values);
  assert.deepEqual(distribution.histogram, histogram.counts, `${what}: histogram`);
  const quantiles = twin.absQuantiles(SHARES);
  // The twin drops the last bits of long values. Counts by code drop none.
  if (what.includes('16 ') && !what.includes('F16 ')) {
    quantiles.forEach((q, i) => assertClose(distribution.absQuantiles[i]!, q, 2 ** -11, `${what}: quantile ${i}`));
  } else assert.deepEqual(distribution.absQuantiles, quantiles, `${what}: quantiles`);
}

const DTYPES = [
  'F32',
  'BF16',
  'F16',
  'F64',
  'F8_E4M3',
  'F8_E5M2',
  'I8',
  'U8',
  'I16',
  'U16',
  'I32',
  'U32',
  'I64',
  'U64',
];
const FLOATS = DTYPES.filter((name) => name.startsWith('F') || name === 'BF16');

function normal(count: number, deviation: number, mean = 0, seed = 1): number[] {
  const draw = normalRandom(seededRandom(seed));
  return Array.from({ length: count }, () => draw() * deviation + mean);
}

describe('statistics kernels', () => {
  it('agree with the plain loops for every dtype and for counts around every block size', () => {
    for (const dtype of DTYPES) {
      for (const count of [0, 1, 7, 511, 512, 513, 5000]) check(dtype, stored(dtype, normal(count, 30)), `${count}`);
    }
  });

  it('count NaN, infinities and both zeros, and exclude them from the rest', () => {
    for (const dtype of FLOATS) {
      const numbers = normal(3000, 0.5, 0, 2);
      for (let i = 0; i < numbers.length; i += 97) numbers[i] = [NaN, Infinity, -Infinity, 0, -0][(i / 97) % 5]!;
      check(dtype, stored(dtype, numbers), 'spoilt');
      check(dtype, stored(dtype, new Array<number>(1025).fill(NaN)), 'nothing but NaN');
    }
  });

  it('find both extremes if all entries have one sign, with and without zeros', () => {
    for (const dtype of FLOATS) {
      const sizes = normal(3000, 0.5, 0, 2).map((x) => Math.abs(x) + 0.001);
      for (const sign of [1, -1]) {
        const numbers = sizes.map((x) => sign * x);
        check(dtype, stored(dtype, numbers), `all of sign ${sign}`);
        numbers[1700] = 0;
        check(dtype, stored(dtype, numbers), `all of sign ${sign}, one zero`);
      }
    }
  });

  it('keep a small spread around a large mean, and find none in a constant', () => {
    for (const dtype of ['F32', 'BF16', 'F16', 'F64']) {
      check(dtype, stored(dtype, normal(4000, 0.01, 1)), 'about one');
      const entries = stored(dtype, new Array<number>(4000).fill(0.1));
      const scan = new StatisticsScan(engine, dtype, { momentsOnly: true });
      scan.add(entries.bytes);
      const { standardDeviation, mean } = scan.summary();
      assert.ok(standardDeviation <= 1e-14, `${dtype}: ${standardDeviation}`);
      assertClose(mean, entries.values[0]!, 1e-13, dtype);
    }
  });

  it('neither overflow nor underflow if squares leave the range of float32', () => {
    for (const dtype of ['F32', 'BF16', 'F64']) {
      check(dtype, stored(dtype, normal(2000, 1e30)), 'huge');
      check(dtype, stored(dtype, normal(2000, 1e-30)), 'tiny');
    }
    check('F32', stored('F32', normal(2000, 1e-42)), 'subnormal');
    check('F16', stored('F16', normal(2000, 1e-7)), 'subnormal');
  });

  it('count every 16-bit code of two whole code spaces', () => {
    const codes = Uint16Array.from({ length: 131072 }, (_, i) => i & 0xffff);
    for (const dtype of ['F16', 'BF16']) {
      const values = engineDtype(dtype).values!;
      check(
        dtype,
        { bytes: new Uint8Array(codes.buffer), values: Float64Array.from(codes, (code) => values[code]!) },
        'all codes',
      );
    }
  });

  it('are the same bits for threads as for one thread', () => {
    const crew = new Engine({ threads: 3, spawn: spawnTestThread });
    try {
      for (const dtype of ['F32', 'BF16', 'F8_E4M3']) {
        const random = seededRandom(5);
        // Random bits give values of every magnitude, including NaN and infinities. More than one chunk.
        const bytes = Uint8Array.from({ length: 5_000_000 }, () => Math.floor(random() * 256));
        const [one, three] = [engine, crew].map((on) => {
          const scan = new StatisticsScan(on, dtype);
          scan.add(bytes);
          return [scan.summary(), scan.distribution(256, SHARES)];
        });
        assert.deepEqual(three, one, dtype);
      }
    } finally {
      crew.dispose();
    }
  });

  it('of more entries than a 32-bit table can count do not depend on when they are read', () => {
    const random = normalRandom(seededRandom(8));
    const codes = Uint16Array.from({ length: 10_000 }, () => Math.round(Math.abs(random()) * 4000));
    const kept = engine.allocate(codes.length / 2);
    engine.arena.bytes(kept.address, codes.byteLength).set(new Uint8Array(codes.buffer));
    const { values } = engineDtype('F16');
    const once = new CodeCounts(engine, values!, 2);
    const folding = new CodeCounts(engine, values!, 2, 2500);
    for (let start = 0; start < codes.length; start += 1000) {
      for (const counts of [once, folding]) counts.add(kept.address + 2 * start, 1000, 1);
      if (start % 3000 === 0) folding.summary();
      if (start % 4000 === 0) folding.distribution(256, SHARES);
    }
    assert.equal(once.summary().count, codes.length);
    assert.deepEqual(folding.summary(), once.summary());
    assert.deepEqual(folding.distribution(256, SHARES), once.distribution(256, SHARES));
    once.free();
    folding.free();

    const floats = engine.keep(Float32Array.from(codes, (code) => values![code]!));
    const { min, max } = once.summary();
    const [plain, moved] = [undefined, 2500].map((limit) => {
      const scan = new HistogramScan(engine, engineDtype('F32'), min, max, 256, 0, limit);
      for (let start = 0; start < floats.length; start += 1000) scan.addResident(floats.address + 4 * start, 4000);
      const found = scan.finish(SHARES);
      scan.free();
      return found;
    });
    assert.deepEqual(moved, plain);
    floats.free();
    kept.free();
  });

  it('free their memory', () => {
    const before = engine.arena.usedBytes;
    for (const dtype of DTYPES) check(dtype, stored(dtype, normal(600, 3)), 'again');
    assert.equal(engine.arena.usedBytes, before);
  });
});
