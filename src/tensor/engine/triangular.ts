/** Small upper triangular matrices (r, r), row-major, in float64. */

/** R with G = RᵀR for symmetric G. `null` if G is not positive definite to working precision. */
export function cholesky(gram: Float64Array, r: number): Float64Array | null {
  const out = new Float64Array(r * r);
  for (let i = 0; i < r; i++) {
    // Row i of the remainder of G, in place in `out`.
    for (let j = i; j < r; j++) out[i * r + j] = gram[i * r + j]!;
    for (let k = 0; k < i; k++) {
      const factor = out[k * r + i]!;
      for (let j = i; j < r; j++) out[i * r + j]! -= factor * out[k * r + j]!;
    }
    const pivot = out[i * r + i]!;
    // The pivot must exceed rounding, which is all that remains of a column that depends on the others.
    if (!(pivot > gram[i * r + i]! * r * Number.EPSILON) || pivot === Infinity) return null;
    const diagonal = Math.sqrt(pivot);
    for (let j = i; j < r; j++) out[i * r + j]! /= diagonal;
  }
  return out;
}

export function invertUpper(upper: Float64Array, r: number): Float64Array {
  const inverse = new Float64Array(r * r);
  for (let i = r - 1; i >= 0; i--) {
    inverse[i * r + i] = 1;
    for (let k = i + 1; k < r; k++) {
      const factor = upper[i * r + k]!;
      for (let j = k; j < r; j++) inverse[i * r + j]! -= factor * inverse[k * r + j]!;
    }
    const diagonal = upper[i * r + i]!;
    for (let j = i; j < r; j++) inverse[i * r + j]! /= diagonal;
  }
  return inverse;
}

/** Product of two upper triangular matrices. */
export function multiplyUpper(a: Float64Array, b: Float64Array, r: number): Float64Array {
  const out = new Float64Array(r * r);
  for (let i = 0; i < r; i++) {
    for (let k = i; k < r; k++) {
      const factor = a[i * r + k]!;
      for (let j = k; j < r; j++) out[i * r + j]! += factor * b[k * r + j]!;
    }
  }
  return out;
}

/** An upper bound on the condition number: the product of the Frobenius norms of R and its inverse. */
export function conditionBound(upper: Float64Array, r: number): number {
  return norm(upper) * norm(invertUpper(upper, r));
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
