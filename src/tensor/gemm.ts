/**
 * The matrix product on plain arrays: the definition, and the contract that every faster version keeps.
 *
 * Left out: strides and accumulation into `out`, which the methods do not need.
 */

/**
 * Says which operand is stored transposed, in BLAS notation.
 *
 *     NN: out = a·b    a (m, k), b (k, n)           gradient with respect to a linear layer's input
 *     NT: out = a·bᵀ   a (m, k), b stored (n, k)    forward pass of a linear layer
 *     TN: out = aᵀ·b   a stored (k, m), b (k, n)    gradient with respect to its weight
 */
export type GemmLayout = 'NN' | 'NT' | 'TN';

/**
 * Writes the product to `out` (m, n). All arrays are row-major and have exactly these sizes; `out` is distinct from the
 * operands. For k = 0 the product is zero. NaN and infinities propagate as in IEEE 754.
 */
export type Gemm = (
  layout: GemmLayout,
  m: number,
  n: number,
  k: number,
  a: Float32Array,
  b: Float32Array,
  out: Float32Array,
) => void;

/** Three nested loops with double-precision sums, which makes this the reference for the other versions. */
export const naiveGemm: Gemm = (layout, m, n, k, a, b, out) => {
  const aRow = layout === 'TN' ? 1 : k;
  const aColumn = layout === 'TN' ? m : 1;
  const bRow = layout === 'NT' ? 1 : n;
  const bColumn = layout === 'NT' ? k : 1;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[i * aRow + p * aColumn]! * b[p * bRow + j * bColumn]!;
      out[i * n + j] = sum;
    }
  }
};
