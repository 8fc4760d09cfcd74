import { strict as assert } from 'node:assert';
import { Engine } from '../../../../src/tensor/engine/engine';
import { compileKernels, GEMM_BUILDS } from '../../../../src/tensor/engine/kernels';
import type { GemmBuild } from '../../../../src/tensor/engine/kernels';
import { naiveGemm } from '../../../../src/tensor/gemm';
import type { GemmLayout } from '../../../../src/tensor/gemm';
import { seededRandom } from '../../../../src/tensor/random';
import { spawnTestThread } from './engineThreads';

const LAYOUTS: readonly GemmLayout[] = ['NN', 'NT', 'TN'];

/**
 * Sizes below, at and above the tiles, the blocks of depth (512) and rows (264), the small path (64) and the shallow
 * one.
 */
const SIZES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 9, 5],
  [3, 12, 7],
  [4, 8, 16],
  [5, 7, 3],
  [6, 8, 512],
  [7, 13, 513],
  [32, 256, 256],
  [65, 65, 65],
  [64, 100, 641],
  [70, 64, 90],
  [67, 129, 40],
  [265, 97, 100],
  [300, 66, 520],
  [12, 24, 0],
  [2, 1009, 3],
  [70, 1090, 600],
  [1100, 70, 800],
];

const random = seededRandom(7);

function randomArray(length: number): Float32Array {
  return Float32Array.from({ length }, () => random() - 0.5);
}

/** The builds that this platform runs. */
function builds(): readonly GemmBuild[] {
  return GEMM_BUILDS.filter((build) => {
    try {
      return compileKernels(false, [build]).gemm.length === 1;
    } catch {
      return false;
    }
  });
}

function assertClose(actual: Float32Array, expected: Float32Array, k: number, what: string): void {
  // Entries of operands are at most 0.5. This is a generous bound on the error of a chain of k roundings.
  const tolerance = 1e-7 * (k + 8);
  for (let i = 0; i < expected.length; i++) {
    if (Math.abs(actual[i]! - expected[i]!) > tolerance)
      assert.fail(`${what}: entry ${i} is ${actual[i]}, not ${expected[i]}`);
  }
}

describe('matrix product kernels', () => {
  for (const build of builds()) {
    const engine = new Engine({ builds: [build] });

    it(`${build} agrees with three nested loops for every layout and size`, () => {
      for (const layout of LAYOUTS) {
        for (const [m, n, k] of SIZES) {
          const [a, b] = [randomArray(m * k), randomArray(k * n)];
          const [expected, actual] = [new Float32Array(m * n), new Float32Array(m * n).fill(99)];
          naiveGemm(layout, m, n, k, a, b, expected);
          engine.gemm(layout, m, n, k, a, b, actual);
          assertClose(actual, expected, k, `${layout} ${m} x ${n} x ${k}`);
        }
      }
    });

    it(`${build} adds to the result on request`, () => {
      for (const layout of LAYOUTS) {
        for (const [m, n, k] of SIZES) {
          const [a, b, c] = [randomArray(m * k), randomArray(k * n), randomArray(m * n)];
          const expected = new Float32Array(m * n);
          naiveGemm(layout, m, n, k, a, b, expected);
          for (let i = 0; i < expected.length; i++) expected[i]! += c[i]!;
          const [ra, rb, rc] = [engine.keep(a), engine.keep(b), engine.keep(c)];
          engine.multiply({ layout, m, n, k, a: ra.address, b: rb.address, out: rc.address, accumulate: true });
          assertClose(rc.data, expected, k, `${layout} ${m} x ${n} x ${k}`);
          for (const block of [ra, rb, rc]) block.free();
        }
      }
    });

    it(`${build} gives the same bits for a packed and an unpacked operand`, () => {
      for (const layout of LAYOUTS) {
        for (const [m, n, k] of SIZES) {
          const [a, b] = [engine.keep(randomArray(m * k)), engine.keep(randomArray(k * n))];
          const [plain, packed] = [engine.allocate(m * n), engine.allocate(m * n)];
          engine.multiply({ layout, m, n, k, a: a.address, b: b.address, out: plain.address });
          const panel = engine.pack(layout, n, k, b.address);
          engine.multiply({ layout, m, n, k, a: a.address, b: panel, out: packed.address });
          assert.deepEqual(packed.data, plain.data, `${layout} ${m} x ${n} x ${k}`);
          for (const block of [a, b, plain, packed, panel]) block.free();
        }
      }
    });

    it(`${build} reads and writes nothing outside its matrices`, () => {
      const guard = 64;
      for (const layout of LAYOUTS) {
        for (const [m, n, k] of SIZES) {
          const sizes = [m * k, k * n, m * n];
          const arrays = sizes.map((size) => engine.allocate(size + 2 * guard));
          // Reading a guard makes an entry NaN, and writing one changes the NaN.
          for (const array of arrays) new Uint32Array(array.data.buffer, array.address, array.length).fill(0x7fc0abcd);
          arrays.forEach((array, i) => array.data.subarray(guard, guard + sizes[i]!).fill(i === 2 ? 5 : 1));
          const [a, b, out] = arrays.map(({ address }) => address + 4 * guard);
          engine.multiply({ layout, m, n, k, a: a!, b: b!, out: out! });
          const what = `${layout} ${m} x ${n} x ${k}`;
          arrays.forEach((array, i) => {
            const bits = new Uint32Array(array.data.buffer, array.address, array.length);
            const outside = [...bits.subarray(0, guard), ...bits.subarray(guard + sizes[i]!)];
            assert.ok(
              outside.every((word) => word === 0x7fc0abcd),
              what,
            );
          });
          assert.ok(
            arrays[2]!.data.subarray(guard, guard + m * n).every((x) => x === k),
            what,
          );
          for (const array of arrays) array.free();
        }
      }
    });

    it(`${build} propagates NaN and infinities as IEEE 754 requires`, () => {
      for (const [m, n, k] of [
        [5, 9, 4],
        [70, 70, 70],
      ] as const) {
        const a = new Float32Array(m * k).fill(1);
        const b = new Float32Array(k * n).fill(1);
        a[0] = Infinity;
        a[k] = NaN;
        b[3] = 0;
        const out = new Float32Array(m * n);
        engine.gemm('NN', m, n, k, a, b, out);
        assert.equal(out[0], Infinity);
        assert.ok(Number.isNaN(out[3]), 'infinity times zero');
        assert.ok(out.subarray(n, 2 * n).every(Number.isNaN));
        assert.equal(out[2 * n], k);
      }
    });
  }

  it('the fused builds agree to the bit', () => {
    const fused = builds().filter((build) => build !== 'gemm4x8');
    const results = fused.map((build) => {
      const engine = new Engine({ builds: [build] });
      const [m, n, k] = [131, 150, 700];
      const out = new Float32Array(m * n);
      const values = seededRandom(3);
      const [a, b] = [m * k, k * n].map((length) => Float32Array.from({ length }, () => values() - 0.5));
      engine.gemm('NT', m, n, k, a!, b!, out);
      return out;
    });
    for (const result of results) assert.deepEqual(result, results[0]);
  });

  it('threads give the same bits as one thread, for shares of columns and of rows', () => {
    const alone = new Engine();
    const crew = new Engine({ threads: 3, spawn: spawnTestThread, builds: [alone.chooseBuild()] });
    try {
      for (const layout of LAYOUTS) {
        for (const [m, n, k] of [
          [130, 517, 301],
          [517, 130, 301],
          [2000, 20, 700],
          [9, 4000, 400],
        ] as const) {
          const [a, b] = [randomArray(m * k), randomArray(k * n)];
          const [one, three] = [new Float32Array(m * n), new Float32Array(m * n)];
          alone.gemm(layout, m, n, k, a, b, one);
          for (let turn = 0; turn < 3; turn++) {
            crew.gemm(layout, m, n, k, a, b, three);
            assert.deepEqual(three, one, `${layout} ${m} x ${n} x ${k}`);
          }
        }
      }
    } finally {
      crew.dispose();
    }
  });

  it('operands in the engine memory are used in place', () => {
    const engine = new Engine();
    const [a, b, out] = [engine.keep([1, 2, 3, 4]), engine.keep([5, 6, 7, 8]), engine.allocate(4)];
    const used = engine.arena.usedBytes;
    engine.gemm('NN', 2, 2, 2, a.data, b.data, out.data);
    assert.deepEqual([...out.data], [19, 22, 43, 50]);
    assert.ok(engine.arena.usedBytes - used <= 64, 'nothing was copied in');
  });
});
