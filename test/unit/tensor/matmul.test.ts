import { strict as assert } from 'node:assert';
import { blockedGemm } from '../../../src/tensor/blockedGemm';
import { ShapeError } from '../../../src/tensor/errors';
import { naiveGemm } from '../../../src/tensor/gemm';
import type { GemmLayout } from '../../../src/tensor/gemm';
import { matmul, matmulNT, matmulTN } from '../../../src/tensor/matmul';
import { normalRandom, seededRandom } from '../../../src/tensor/random';
import { Tensor } from '../../../src/tensor/tensor';

const LAYOUTS: readonly GemmLayout[] = ['NN', 'NT', 'TN'];
const normal = normalRandom(seededRandom(3));
const numbers = (length: number): Float32Array => Float32Array.from({ length }, normal);

describe('matrix products', () => {
  // Sizes around those of the tile and both blocks, and empty ones.
  const sizes = [
    [1, 1, 1],
    [3, 5, 7],
    [4, 4, 4],
    [5, 9, 257],
    [8, 128, 256],
    [6, 131, 513],
    [33, 2, 300],
    [4, 3, 0],
    [0, 4, 2],
  ] as const;
  for (const [m, n, k] of sizes) {
    for (const layout of LAYOUTS) {
      it(`the blocked product equals the naive one: ${m} x ${k} by ${k} x ${n}, ${layout}`, () => {
        const [a, b] = [numbers(m * k), numbers(k * n)];
        const [expected, got] = [new Float32Array(m * n).fill(9), new Float32Array(m * n).fill(9)];
        naiveGemm(layout, m, n, k, a, b, expected);
        blockedGemm(layout, m, n, k, a, b, got);
        for (let i = 0; i < m * n; i++) {
          const tolerance = 1e-6 * Math.max(1, Math.sqrt(k));
          assert.ok(Math.abs(got[i]! - expected[i]!) <= tolerance, `${i}: ${got[i]}, expected ${expected[i]}`);
        }
      });
    }
  }

  it('the naive product is right in a case computed by hand', () => {
    const out = new Float32Array(4);
    naiveGemm('NN', 2, 2, 3, Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(7, 8, 9, 10, 11, 12), out);
    assert.deepEqual([...out], [58, 64, 139, 154]);
  });

  it('NaN and infinities reach exactly the rows and columns that contain them', () => {
    for (const layout of LAYOUTS) {
      const [a, b] = [new Float32Array(36).fill(1), new Float32Array(36).fill(1)];
      a[2 * 6 + 2] = NaN; // row 2 of a, transposed or not
      b[4 * 6 + 4] = Infinity; // column 4 of b, transposed or not
      const [expected, got] = [new Float32Array(36), new Float32Array(36)];
      naiveGemm(layout, 6, 6, 6, a, b, expected);
      blockedGemm(layout, 6, 6, 6, a, b, got);
      assert.deepEqual(got, expected);
      assert.equal(got.filter(Number.isNaN).length, 6);
      assert.equal(got.filter((value) => value === Infinity).length, 5);
    }
  });

  it('the three products apply the transpositions of their names', () => {
    const a = Tensor.fromArray([1, 2, 3, 4, 5, 6], [2, 3]);
    assert.deepEqual([...matmul(a, Tensor.fromArray([1, 0, 0, 1, 1, 1], [3, 2])).data], [4, 5, 10, 11]);
    assert.deepEqual([...matmulNT(a, a).data], [14, 32, 32, 77]);
    assert.deepEqual([...matmulTN(a, a).data], [17, 22, 27, 22, 29, 36, 27, 36, 45]);
  });

  it('the error names shapes that do not fit', () => {
    const a = Tensor.zeros([2, 3]);
    assert.throws(
      () => matmul(a, a),
      (error: Error) => {
        return error instanceof ShapeError && /\(3, n\).*got \(2, 3\)/.test(error.message);
      },
    );
    assert.throws(() => matmulNT(a, Tensor.zeros([3, 2])), ShapeError);
    assert.throws(() => matmulTN(a, Tensor.zeros([3, 3])), ShapeError);
    assert.throws(() => matmul(a, Tensor.zeros([3])), ShapeError);
  });
});
