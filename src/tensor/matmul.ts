/**
 * Matrix products of tensors. Every product of the methods goes through `engineGemm`, so a faster engine replaces one
 * function.
 */

import { engineGemm } from './engine/current';
import { describeValue, ShapeError } from './errors';
import type { Gemm } from './gemm';
import { formatShape, Tensor } from './tensor';

const gemm: Gemm = engineGemm;

/** a·b: (m, k) times (k, n) gives (m, n). @throws ShapeError if the shapes do not fit. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const [m, k] = matrixShape('matmul(a)', a);
  const [inner, n] = matrixShape('matmul(b)', b);
  if (inner !== k) throw misfit('matmul(b)', `(${k}, n)`, a, b);
  const out = Tensor.zeros([m, n]);
  gemm('NN', m, n, k, a.data, b.data, out.data);
  return out;
}

/** a·bᵀ: (m, k) times (n, k) gives (m, n), as a linear layer applies its weight (outFeatures, inFeatures). */
export function matmulNT(a: Tensor, b: Tensor): Tensor {
  const [m, k] = matrixShape('matmulNT(a)', a);
  const [n, inner] = matrixShape('matmulNT(b)', b);
  if (inner !== k) throw misfit('matmulNT(b)', `(n, ${k})`, a, b);
  const out = Tensor.zeros([m, n]);
  gemm('NT', m, n, k, a.data, b.data, out.data);
  return out;
}

/** aᵀ·b: (k, m) times (k, n) gives (m, n), as weight gradients sum over tokens. */
export function matmulTN(a: Tensor, b: Tensor): Tensor {
  const [k, m] = matrixShape('matmulTN(a)', a);
  const [inner, n] = matrixShape('matmulTN(b)', b);
  if (inner !== k) throw misfit('matmulTN(b)', `(${k}, n)`, a, b);
  const out = Tensor.zeros([m, n]);
  gemm('TN', m, n, k, a.data, b.data, out.data);
  return out;
}

function misfit(where: string, expected: string, a: Tensor, b: Tensor): ShapeError {
  return new ShapeError(where, `shape ${expected} with a of ${formatShape(a.shape)}`, formatShape(b.shape));
}

function matrixShape(where: string, tensor: Tensor): readonly [number, number] {
  if (!(tensor instanceof Tensor)) throw new ShapeError(where, 'a Tensor (rows, columns)', describeValue(tensor));
  const [rows, columns] = tensor.shape;
  if (tensor.rank !== 2 || rows === undefined || columns === undefined) {
    throw new ShapeError(where, 'shape (rows, columns)', formatShape(tensor.shape));
  }
  return [rows, columns];
}
