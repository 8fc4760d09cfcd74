import { strict as assert } from 'node:assert';
import { coreSvd } from '../../../../src/tensor/engine/coreSvd';
import { Engine } from '../../../../src/tensor/engine/engine';
import { randomizedSvd } from '../../../../src/tensor/engine/randomizedSvd';
import { productSingularValues, productSvd } from '../../../../src/tensor/engine/spectrum';
import type { FactorMatrix } from '../../../../src/tensor/engine/spectrum';
import { normalRandom, seededRandom } from '../../../../src/tensor/random';
import { factoredSingularValues } from '../../../../src/tensor/svd';

const engine = new Engine();
const draw = normalRandom(seededRandom(5));

function normal(rows: number, columns: number, scale: (row: number, column: number) => number = () => 1): FactorMatrix {
  const data = Float32Array.from(
    { length: rows * columns },
    (_, i) => draw() * scale(Math.floor(i / columns), i % columns),
  );
  return { data, shape: [rows, columns] };
}

function assertValues(actual: Float64Array, expected: Float64Array, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const largest = expected[0] ?? 0;
  actual.forEach((value, i) => {
    assert.ok(
      Math.abs(value - expected[i]!) <= tolerance * largest,
      `${what}: value ${i} is ${value}, not ${expected[i]}`,
    );
  });
}

/** Largest entry of MᵀM - I for M (rows, columns), row-major. */
function departure(m: Float64Array, rows: number, columns: number): number {
  let worst = 0;
  for (let p = 0; p < columns; p++) {
    for (let q = p; q < columns; q++) {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += m[i * columns + p]! * m[i * columns + q]!;
      worst = Math.max(worst, Math.abs(sum - (p === q ? 1 : 0)));
    }
  }
  return worst;
}

interface Case {
  readonly name: string;
  readonly a: FactorMatrix;
  readonly b: FactorMatrix;
}

function cases(): Case[] {
  const twins = normal(90, 6);
  for (let i = 0; i < 90; i++) twins.data[i * 6 + 5] = twins.data[i * 6]!;
  return [
    { name: 'rank 8', a: normal(8, 256), b: normal(256, 8) },
    { name: 'rank 33, not a multiple of any panel', a: normal(33, 131), b: normal(70, 33) },
    { name: 'rank 64', a: normal(64, 300), b: normal(200, 64) },
    { name: 'rank 1', a: normal(1, 5), b: normal(7, 1) },
    { name: 'a rank above the features', a: normal(9, 4), b: normal(6, 9) },
    { name: 'a rank between the features', a: normal(9, 4), b: normal(30, 9) },
    { name: 'well-conditioned factors', a: normal(12, 100, (row) => 10 ** (-row / 3)), b: normal(80, 12) },
    { name: 'ill-conditioned factors', a: normal(12, 100, (row) => 10 ** -row), b: normal(80, 12) },
    { name: 'linearly dependent columns', a: normal(6, 40), b: twins },
    {
      name: 'a B of zeros, as at the start of training',
      a: normal(4, 20),
      b: { data: new Float64Array(120) as never, shape: [30, 4] },
    },
  ].map(({ name, a, b }) => ({ name, a, b: { ...b, data: Float32Array.from(b.data) } }));
}

describe('spectra of products', () => {
  it('have the singular values that the Jacobi method finds', () => {
    for (const { name, a, b } of cases()) {
      const expected = factoredSingularValues({ a, b, scaling: 2 });
      assertValues(productSingularValues(engine, { a, b, scaling: 2 }), expected, 1e-10, name);
      assertValues(productSvd(engine, { a, b, scaling: 2 }).values, expected, 1e-10, `${name}, with vectors`);
    }
  });

  it('have orthonormal vectors that reproduce the product to 1e-10', () => {
    for (const { name, a, b } of cases()) {
      const scaling = -0.5;
      const { values, u, v } = productSvd(engine, { a, b, scaling });
      const [out, rank, inner] = [b.shape[0]!, a.shape[0]!, a.shape[1]!];
      const count = values.length;
      assert.ok(departure(u, out, count) < 1e-10, `${name}: U`);
      assert.ok(departure(v, inner, count) < 1e-10, `${name}: V`);
      for (let i = 0; i < out; i++) {
        for (let j = 0; j < inner; j++) {
          let [given, found] = [0, 0];
          for (let k = 0; k < rank; k++) given += scaling * b.data[i * rank + k]! * a.data[k * inner + j]!;
          for (let k = 0; k < count; k++) found += u[i * count + k]! * values[k]! * v[j * count + k]!;
          assert.ok(
            Math.abs(given - found) <= 1e-10 * (values[0]! + 1),
            `${name}: entry ${i}, ${j}: ${found}, not ${given}`,
          );
        }
      }
    }
  });

  it('are NaN if a factor contains NaN or an infinity', () => {
    for (const fault of [NaN, Infinity]) {
      const a = normal(4, 20);
      a.data[7] = fault;
      const svd = productSvd(engine, { a, b: normal(10, 4) });
      assert.ok([...svd.values, ...svd.u, ...svd.v].every(Number.isNaN));
      assert.ok(productSingularValues(engine, { a, b: normal(10, 4) }).every(Number.isNaN));
    }
  });

  it('free their memory', () => {
    const before = engine.arena.usedBytes;
    for (const { a, b } of cases()) productSvd(engine, { a, b });
    assert.equal(engine.arena.usedBytes, before);
  });
});

describe('the small decomposition', () => {
  it('finds the known values of matrices built from them, with repeated and zero values', () => {
    const diagonal = [5, 5, 3, 1e-3, 0, 0];
    const matrix = new Float64Array(36);
    diagonal.forEach((value, i) => (matrix[((i + 2) % 6) * 6 + i] = i % 2 === 0 ? value : -value));
    const { values, u, v } = coreSvd(matrix, 6, 6, true);
    assertValues(values, Float64Array.from(diagonal), 1e-15, 'values');
    assert.ok(departure(u!, 6, 6) < 1e-14 && departure(v!, 6, 6) < 1e-14);
  });

  it('gives the same result by kernel and by plain loops', () => {
    for (const [p, q] of [
      [32, 32],
      [70, 33],
      [128, 128],
    ] as const) {
      const matrix = Float64Array.from({ length: p * q }, () => draw());
      const [plain, kernel] = [coreSvd(matrix, p, q, true), coreSvd(matrix, p, q, true, engine)];
      assertValues(kernel.values, plain.values, 1e-13, `${p} x ${q}`);
      assert.ok(departure(kernel.u!, p, q) < 1e-12 && departure(kernel.v!, q, q) < 1e-12);
      for (let i = 0; i < p; i++) {
        for (let j = 0; j < q; j++) {
          let sum = 0;
          for (let k = 0; k < q; k++) sum += kernel.u![i * q + k]! * kernel.values[k]! * kernel.v![j * q + k]!;
          assert.ok(Math.abs(sum - matrix[i * q + j]!) < 1e-12, `${p} x ${q}: entry ${i}, ${j}`);
        }
      }
    }
  });

  it('handles zeros on the diagonal, huge and tiny entries, and a matrix of zeros', () => {
    for (const scale of [1, 1e200, 1e-200]) {
      const matrix = Float64Array.of(0, 1, 0, 0, 0, 2, 0, 0, 0).map((x) => x * scale);
      assertValues(coreSvd(matrix, 3, 3, false).values, Float64Array.of(2 * scale, scale, 0), 1e-15, String(scale));
    }
    assert.deepEqual(coreSvd(new Float64Array(12), 4, 3, true).values, new Float64Array(3));
  });

  it('handles entries so far apart that the squares of their remainders underflow', () => {
    for (const q of [8, 40]) {
      const matrix = new Float64Array(q * q);
      const row = 4 * q;
      matrix.set(
        [-5.0955732216975894e36, -2.797945809652043e36, -2.0794651229512662e37, 9.012675464941649e37, 1e-42],
        row,
      );
      matrix[row + q - 2] = -1.24610770873011e-38;
      const norm = Math.hypot(...matrix);
      const { values, u, v } = coreSvd(matrix, q, q, true, engine);
      assertValues(
        values,
        Float64Array.from(values, (_, i) => (i === 0 ? norm : 0)),
        1e-15,
        `${q} columns`,
      );
      assert.ok(departure(u!, q, q) < 1e-13 && departure(v!, q, q) < 1e-13);
    }
  });

  it('handles entries of mixed magnitudes whose squares may underflow', () => {
    const uniform = seededRandom(11);
    for (let round = 0; round < 400; round++) {
      const q = round % 2 === 0 ? 2 + (round % 9) : 32;
      const matrix = Float64Array.from({ length: q * q }, (_, i) => {
        // Only one row in 8 has entries, so reflections leave only rounding in the others.
        const kept = round % 4 < 2 || Math.floor(i / q) % 8 === 5;
        return kept ? draw() * 10 ** (-300 * uniform()) : 0;
      });
      const squares = matrix.reduce((sum, x) => sum + x * x, 0);
      const { values } = coreSvd(matrix, q, q, true, engine);
      const found = values.reduce((sum, x) => sum + x * x, 0);
      assert.ok(
        Math.abs(found - squares) <= 1e-12 * squares,
        `round ${round}: squares of the values ${found}, of the entries ${squares}`,
      );
    }
  });
});

describe('randomised decomposition of a dense matrix', () => {
  it('finds the values and vectors of a low-rank matrix with noise', () => {
    const [m, n, rank] = [150, 220, 5];
    const [a, b] = [normal(rank, n), normal(m, rank, (_, k) => 2 ** -k)];
    const w = engine.allocate(m * n);
    engine.gemm('NN', m, n, rank, b.data, a.data, w.data);
    const expected = factoredSingularValues({ a, b });
    const { values, u, v } = randomizedSvd(engine, w, [m, n], { count: rank });
    assertValues(values, expected, 1e-6, 'values');
    assert.ok(departure(u, m, rank) < 1e-9 && departure(v, n, rank) < 1e-9);
    w.data.set(w.data.map((x) => x + 1e-4 * draw()));
    assertValues(randomizedSvd(engine, w, [m, n], { count: rank }).values, expected, 1e-3, 'with noise');
  });

  it('is reproducible', () => {
    const w = engine.keep(normal(40, 30).data);
    const [one, two] = [1, 2].map(() => randomizedSvd(engine, w, [40, 30], { count: 4 }));
    assert.deepEqual(one, two);
  });
});
