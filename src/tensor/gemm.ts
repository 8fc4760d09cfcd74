/**
 * The matrix product on bare arrays: the obvious version, and the contract every faster one keeps.
 *
 * It leaves out strides and accumulation into `out`: the methods of the core need neither.
 */

/**
 * Which operand is stored transposed, in the letters of BLAS:
 * NN: out = a·b with a (m, k), b (k, n); NT: out = a·bᵀ with b stored (n, k); TN: out = aᵀ·b with a stored (k, m).
 * These are the three that a linear layer's forward (NT), input gradient (NN) and weight gradient (TN) need.
 */
export type GemmLayout = 'NN' | 'NT' | 'TN';

/**
 * Writes the product over `out` (m, n). All arrays are row-major, of exactly the sizes above, and `out` is neither of
 * the operands. With k = 0 the product is zero. NaN and infinities propagate as in IEEE 754.
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

/** Three loops. Sums are kept in double precision, so that this is also the reference for the others. */
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
