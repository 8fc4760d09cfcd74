/**
 * Initial factors of LoRA that are taken from the weight itself. The product scaling·B·A then is a part of W from the
 * start, so the frozen weight becomes the rest, W - scaling·B·A, and the model computes what it computed before.
 *
 *     PiSSA  W = U·diag(σ)·Vᵀ; B = U_r·√(σ_r/scaling), A = √(σ_r/scaling)·V_rᵀ, the r largest singular values
 *            (Meng et al. 2024, "PiSSA: Principal Singular Values and Singular Vectors Adaptation", arXiv:2404.02948)
 *     OLoRA  W = Q·R; B = Q_r, the first r columns, and A = R_r, the first r rows
 *            (Büyükakyüz 2024, "OLoRA: Orthonormal Low-Rank Adaptation", arXiv:2406.01775)
 *
 * Both decompose in double precision. The SVD of PiSSA is exact and slow for large weights; the paper's fast variant
 * approximates it.
 */

import { addScaled } from '../tensor/elementwise';
import { ShapeError } from '../tensor/errors';
import { matmul } from '../tensor/matmul';
import { fromRowMajor } from '../tensor/matrix64';
import type { Matrix64 } from '../tensor/matrix64';
import { identity64, qr } from '../tensor/qr';
import { svd } from '../tensor/svd';
import { formatShape, Tensor } from '../tensor/tensor';

/** `normal` starts A as N(0, 0.01²) and B at zero. */
export type LoRAInit = 'normal' | 'pissa' | 'olora';

interface InitialFactors {
  /** (rank, inFeatures) and (outFeatures, rank). */
  readonly A: Tensor;
  readonly B: Tensor;
  /** W - scaling·B·A, to be frozen in place of W. */
  readonly residual: Tensor;
}

/**
 * @param weight (outFeatures, inFeatures).
 * @throws ShapeError if the rank exceeds the smaller side of the weight.
 */
export function factorsOfWeight(
  init: 'pissa' | 'olora',
  weight: Tensor,
  rank: number,
  scaling: number,
): InitialFactors {
  if (rank > Math.min(...weight.shape)) {
    throw new ShapeError(`LoRA ${init}`, `a weight with both sides at least ${rank}`, formatShape(weight.shape));
  }
  const { A, B } = init === 'pissa' ? principal(weight, rank, scaling) : orthonormal(weight, rank);
  return { A, B, residual: addScaled(weight.clone(), matmul(B, A), -scaling) };
}

function principal(weight: Tensor, rank: number, scaling: number): Pick<InitialFactors, 'A' | 'B'> {
  const { values, u, v } = svd(weight);
  const root = (r: number): number => Math.sqrt(values[r]! / scaling);
  return {
    A: fill([rank, v.rows], (r, i) => root(r) * entry(v, i, r)),
    B: fill([u.rows, rank], (o, r) => root(r) * entry(u, o, r)),
  };
}

function orthonormal(weight: Tensor, rank: number): Pick<InitialFactors, 'A' | 'B'> {
  const { r, applyQ } = qr(fromRowMajor('LoRA olora', weight));
  const q = applyQ(identity64(r.rows, rank));
  return {
    A: fill([rank, r.columns], (row, i) => entry(r, row, i)),
    B: fill([q.rows, rank], (o, column) => entry(q, o, column)),
  };
}

function entry({ rows, data }: Matrix64, row: number, column: number): number {
  return data[column * rows + row]!;
}

function fill(shape: readonly [number, number], value: (row: number, column: number) => number): Tensor {
  const tensor = Tensor.zeros(shape);
  for (let i = 0; i < tensor.size; i++) tensor.data[i] = value(Math.floor(i / shape[1]), i % shape[1]);
  return tensor;
}
