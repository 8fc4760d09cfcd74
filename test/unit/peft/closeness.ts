/** Compares float32 results with double-precision ones, and computes gradients by finite differences. */

import { strict as assert } from 'node:assert';

/** Checks |got - expected| <= absolute + relative·|expected| for every element, as numpy's allclose does. */
export function assertClose(
  name: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  relative = 1e-4,
  absolute = 1e-5,
): void {
  assert.equal(got.length, expected.length, `${name}: number of elements`);
  for (let i = 0; i < got.length; i++) {
    const difference = Math.abs(got[i]! - expected[i]!);
    const tolerance = absolute + relative * Math.abs(expected[i]!);
    assert.ok(difference <= tolerance, `${name}[${i}]: ${got[i]}, expected ${expected[i]}`);
  }
}

/**
 * The gradient of `loss` with respect to `values` by central differences. The loss must be computed in double
 * precision, because float32 rounding would exceed the differences.
 */
export function numericalGradient(values: Float64Array, loss: () => number): Float64Array {
  const step = 1e-5;
  return values.map((value, i) => {
    values[i] = value + step;
    const above = loss();
    values[i] = value - step;
    const below = loss();
    values[i] = value;
    return (above - below) / (2 * step);
  });
}

/** Σ a·b. With a fixed upstream gradient b it is a loss whose gradient with respect to a is b. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** (m, k)·(k, n) in double precision. Either operand may be stored transposed. */
export function product64(
  [m, k, n]: readonly [number, number, number],
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { transposeB = false } = {},
): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let p = 0; p < k; p++) {
        out[i * n + j] = out[i * n + j]! + a[i * k + p]! * b[transposeB ? j * k + p : p * n + j]!;
      }
    }
  }
  return out;
}
