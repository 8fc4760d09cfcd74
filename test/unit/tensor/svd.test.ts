import { strict as assert } from 'node:assert';
import { ShapeError } from '../../../src/tensor/errors';
import { fromRowMajor, multiply64, transpose64 } from '../../../src/tensor/matrix64';
import type { Matrix64, RowMajorMatrix } from '../../../src/tensor/matrix64';
import { identity64, qr } from '../../../src/tensor/qr';
import { normalRandom, seededRandom } from '../../../src/tensor/random';
import { factoredSingularValues, factoredSvd, svd } from '../../../src/tensor/svd';
import type { SingularVectors } from '../../../src/tensor/svd';
import { Tensor } from '../../../src/tensor/tensor';

const normal = normalRandom(seededRandom(11));
const randn = (rows: number, columns: number): RowMajorMatrix => {
  return { data: Float64Array.from({ length: rows * columns }, normal), shape: [rows, columns] };
};

function assertNear(got: Matrix64, expected: Matrix64, tolerance = 1e-10): void {
  assert.deepEqual([got.rows, got.columns], [expected.rows, expected.columns]);
  for (let i = 0; i < got.data.length; i++) {
    const difference = Math.abs(got.data[i]! - expected.data[i]!);
    assert.ok(difference <= tolerance, `entry ${i}: ${got.data[i]}, expected ${expected.data[i]}`);
  }
}

/** Checks that U and V are orthonormal, values descending and not negative, and U·diag(σ)·Vᵀ equals `expected`. */
function assertDecomposition({ values, u, v }: SingularVectors, expected: Matrix64): void {
  assert.equal(values.length, Math.min(expected.rows, expected.columns, values.length));
  assertNear(multiply64(transpose64(u), u), identity64(values.length));
  assertNear(multiply64(transpose64(v), v), identity64(values.length));
  values.forEach((value, i) => assert.ok(value >= 0 && value <= (values[i - 1] ?? Infinity), values.join(' ')));
  const scaled = { ...u, data: u.data.map((entry, i) => entry * values[Math.floor(i / u.rows)]!) };
  const size = Math.max(1, values[0] ?? 0);
  assertNear(multiply64(scaled, transpose64(v)), expected, 1e-10 * size);
}

/** scaling·B·A formed explicitly, which factoredSvd never does. */
function product({ a, b, scaling = 1 }: { a: RowMajorMatrix; b: RowMajorMatrix; scaling?: number }): Matrix64 {
  const full = multiply64(fromRowMajor('b', b), fromRowMajor('a', a));
  return { ...full, data: full.data.map((value) => value * scaling) };
}

/**
 * Singular values as square roots of the eigenvalues of MᵀM, by power iteration with deflation. Accurate to 1e-6 of the
 * largest for separated values.
 */
function powerIteration(m: Matrix64, count: number): number[] {
  const gram = multiply64(transpose64(m), m);
  const values: number[] = [];
  for (let k = 0; k < count; k++) {
    let x: Matrix64 = { rows: gram.rows, columns: 1, data: Float64Array.from({ length: gram.rows }, normal) };
    let eigenvalue = 0;
    for (let i = 0; i < 3000; i++) {
      const next = multiply64(gram, x);
      eigenvalue = Math.hypot(...next.data);
      x = { ...next, data: next.data.map((value) => value / eigenvalue) };
    }
    values.push(Math.sqrt(eigenvalue));
    const outer = multiply64(x, transpose64(x));
    for (let i = 0; i < gram.data.length; i++) gram.data[i] = gram.data[i]! - eigenvalue * outer.data[i]!;
  }
  return values;
}

describe('QR decomposition', () => {
  for (const [rows, columns] of [
    [1, 1],
    [5, 5],
    [9, 4],
    [4, 9],
    [200, 16],
  ] as const) {
    it(`${rows} x ${columns}: Q is orthonormal, R is triangular, and their product is the matrix`, () => {
      const m = fromRowMajor('m', randn(rows, columns));
      const size = Math.min(rows, columns);
      const { r, applyQ } = qr(m);
      const q = applyQ(identity64(size));
      assertNear(multiply64(transpose64(q), q), identity64(size), 1e-13);
      assertNear(multiply64(q, r), m, 1e-12);
      for (let j = 0; j < columns; j++) for (let i = j + 1; i < size; i++) assert.equal(r.data[j * size + i], 0);
    });
  }

  it('keeps Q orthonormal if columns are zero or repeat', () => {
    const { applyQ } = qr(fromRowMajor('m', { data: [0, 1, 1, 0, 2, 2, 0, 3, 3, 0, 4, 4], shape: [4, 3] }));
    const q = applyQ(identity64(3));
    assertNear(multiply64(transpose64(q), q), identity64(3), 1e-13);
  });
});

describe('singular value decomposition', () => {
  it('finds the values known in closed form', () => {
    const close = (got: Float64Array, expected: number[]): void => {
      assert.equal(got.length, expected.length);
      expected.forEach((value, i) => assert.ok(Math.abs(got[i]! - value) < 1e-14 * Math.max(1, value), got.join(' ')));
    };
    close(svd({ data: [3, 0, 0, -4], shape: [2, 2] }).values, [4, 3]);
    close(svd({ data: [1, 1, 0, 1], shape: [2, 2] }).values, [(Math.sqrt(5) + 1) / 2, (Math.sqrt(5) - 1) / 2]);
    close(svd({ data: [2, 2, 2, 2, 2, 2], shape: [2, 3] }).values, [2 * Math.sqrt(6), 0]);
    close(svd({ data: [0, 0, 0, 0], shape: [2, 2] }).values, [0, 0]);
    // The Hilbert matrix of order 3, to the digits of its published condition number 524.0567775860608.
    const hilbert = svd({ data: [1, 1 / 2, 1 / 3, 1 / 2, 1 / 3, 1 / 4, 1 / 3, 1 / 4, 1 / 5], shape: [3, 3] }).values;
    assert.ok(Math.abs(hilbert[0]! / hilbert[2]! / 524.0567775860608 - 1) < 1e-12);
  });

  for (const [rows, columns] of [
    [1, 1],
    [1, 5],
    [5, 1],
    [6, 6],
    [20, 7],
    [7, 20],
    [40, 40],
  ] as const) {
    it(`${rows} x ${columns}: orthonormal vectors that reproduce the matrix`, () => {
      const m = randn(rows, columns);
      assertDecomposition(svd(m), fromRowMajor('m', m));
    });
  }

  it('finds small values next to large ones to full relative precision', () => {
    const values = svd({ data: [1e12, 0, 0, 1e-12], shape: [2, 2] }).values;
    assert.ok(Math.abs(values[1]! / 1e-12 - 1) < 1e-14);
  });

  it('is NaN throughout for a matrix with NaN or an infinity', () => {
    for (const bad of [NaN, Infinity]) {
      const { values, u, v } = svd({ data: [1, bad, 0, 1, 2, 3], shape: [2, 3] });
      assert.equal(values.length, 2);
      for (const array of [values, u.data, v.data]) assert.ok(array.every(Number.isNaN));
    }
  });

  it('refuses arguments that are not matrices', () => {
    assert.throws(() => svd({ data: [1], shape: [1] }), ShapeError);
    assert.throws(() => svd({ data: [1], shape: [1, 2] }), ShapeError);
  });
});

describe('singular values of scaling·B·A from the factors', () => {
  // rank, inFeatures, outFeatures: thin, square, and a rank above one or both feature counts.
  const sizes = [
    [1, 9, 7],
    [4, 30, 50],
    [8, 64, 64],
    [6, 4, 20],
    [6, 20, 4],
    [9, 3, 5],
  ] as const;
  for (const [rank, inFeatures, outFeatures] of sizes) {
    it(`rank ${rank}, ${inFeatures} to ${outFeatures}: the vectors are orthonormal and reproduce the product`, () => {
      const factors = { a: randn(rank, inFeatures), b: randn(outFeatures, rank), scaling: -1.5 };
      const result = factoredSvd(factors);
      assert.equal(result.values.length, Math.min(rank, inFeatures, outFeatures));
      assertDecomposition(result, product(factors));
      assert.deepEqual(factoredSingularValues(factors), result.values);
    });
  }

  it('agrees with power iteration on the full product', () => {
    const factors = { a: randn(4, 12), b: randn(15, 4), scaling: 2 };
    const values = factoredSingularValues(factors);
    powerIteration(product(factors), 4).forEach((expected, i) => {
      assert.ok(Math.abs(values[i]! - expected) < 1e-5 * values[0]!, `${i}: ${values[i]}, expected ${expected}`);
    });
  });

  it('an untrained layer, B = 0, has zero singular values and orthonormal vectors', () => {
    const factors = { a: Tensor.randn([8, 16], seededRandom(1), 0.01), b: Tensor.zeros([16, 8]), scaling: 2 };
    const result = factoredSvd(factors);
    assert.deepEqual([...result.values], new Array(8).fill(0));
    assertDecomposition(result, product(factors));
  });

  it('factors of deficient rank give zeros, to rounding, after that many values', () => {
    const thin = product({ a: randn(3, 10), b: randn(8, 3) });
    const a = { data: transpose64(thin).data, shape: [8, 10] };
    const result = factoredSvd({ a, b: randn(12, 8) });
    assert.ok(result.values[2]! > 0.1);
    for (const value of result.values.subarray(3)) assert.ok(value < 1e-13 * result.values[0]!);
    assertNear(multiply64(transpose64(result.u), result.u), identity64(8));
    assertNear(multiply64(transpose64(result.v), result.v), identity64(8));
  });

  it('squares of very large and very small entries neither overflow nor underflow', () => {
    const [huge, tiny] = [1e200, 1e-200];
    const values = factoredSingularValues({
      a: { data: [huge, 0, 0, 0, huge, 0], shape: [2, 3] },
      b: { data: [3 * tiny, 0, 0, tiny], shape: [2, 2] },
    });
    assert.ok(Math.abs(values[0]! - 3) < 1e-12 && Math.abs(values[1]! - 1) < 1e-12, `${values}`);
    const subnormal = factoredSingularValues({ a: randn(2, 4), b: { data: [1, 0, 0, 1e-170, 0, 0], shape: [3, 2] } });
    assert.ok(subnormal.every(Number.isFinite));
  });

  it('NaN and infinities in a factor or in the scaling give NaN, not an endless loop', () => {
    const a = { data: [1, 2, NaN, 4], shape: [2, 2] };
    const b = { data: [1, 2, 3, 4], shape: [2, 2] };
    for (const factors of [
      { a, b },
      { a: b, b: a },
      { a: b, b, scaling: NaN },
    ]) {
      assert.ok(factoredSingularValues(factors).every(Number.isNaN));
    }
  });

  it('refuses factors of different ranks', () => {
    assert.throws(
      () => factoredSvd({ a: randn(3, 5), b: randn(5, 4) }),
      (error: Error) => {
        return error instanceof ShapeError && error.message.endsWith('expected shape (outFeatures, 3), got (5, 4)');
      },
    );
  });
});
