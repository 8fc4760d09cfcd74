/**
 * Exact algebra on changes of a weight that are given as factors, without the (outFeatures, inFeatures) matrix:
 *
 *     ΔW_i = c_i·B_i·A_i        B̂ = [B_1 … B_n] = Q_b·R_b        Âᵀ = [A_1ᵀ … A_nᵀ] = Q_a·R_a
 *     ΔW_i = Q_b·K_i·Q_aᵀ       K_i = c_i·R_b[:, i]·R_a[:, i]ᵀ
 *
 * Q_b and Q_a have orthonormal columns, so inner products, norms, singular values and principal angles of the changes
 * are those of the small cores K_i. All arithmetic is in float64. QR is used and not Gram matrices, which would square
 * the condition number.
 */

import { largestMagnitude, multiply64, transpose64 } from '../tensor/matrix64';
import type { Matrix64 } from '../tensor/matrix64';
import { qr } from '../tensor/qr';
import { factoredSvd, svd } from '../tensor/svd';
import type { SingularVectors } from '../tensor/svd';
import { SurgeryError } from './errors';

/** coefficient·B·A. */
export interface Term {
  readonly rank: number;
  /** (rank, inFeatures), row-major. */
  readonly a: Float64Array;
  /** (outFeatures, rank), row-major. */
  readonly b: Float64Array;
  readonly coefficient: number;
}

export interface StackedTerms {
  /** K_i, (rows of R_b, rows of R_a). */
  readonly cores: readonly Matrix64[];
  /** Singular values and vectors of K_i, at most as many as the term's rank. */
  decompose(term: number): SingularVectors;
  /** Q_b·m and Q_a·m: vectors in the coordinates of the cores as vectors of outFeatures or inFeatures entries. */
  applyLeft(m: Matrix64): Matrix64;
  applyRight(m: Matrix64): Matrix64;
}

/** `shape` is [outFeatures, inFeatures]. @throws SurgeryError NonFinite, ShapeMismatch */
export function stackTerms(
  name: string,
  [outFeatures, inFeatures]: readonly [number, number],
  terms: readonly Term[],
): StackedTerms {
  const total = terms.reduce((sum, { rank }) => sum + rank, 0);
  const left = { rows: outFeatures, columns: total, data: new Float64Array(outFeatures * total) };
  const right = { rows: inFeatures, columns: total, data: new Float64Array(inFeatures * total) };
  const coefficients: number[] = [];
  let first = 0;
  for (const term of terms) {
    coefficients.push(placeTerm(name, term, first, left, right));
    first += term.rank;
  }
  const [b, a] = [qr(left), qr(right)];
  const blocks = blocksOf(terms, b.r, a.r);
  return {
    cores: blocks.map(({ leftBlock, rightBlock }, i) =>
      scaled(multiply64(leftBlock, transpose64(rightBlock)), coefficients[i]!),
    ),
    decompose: (i) => {
      const { leftBlock, rightBlock } = blocks[i]!;
      return factoredSvd({
        a: { data: rightBlock.data, shape: [rightBlock.columns, rightBlock.rows] },
        b: { data: transpose64(leftBlock).data, shape: [leftBlock.rows, leftBlock.columns] },
        scaling: coefficients[i]!,
      });
    },
    applyLeft: b.applyQ,
    applyRight: a.applyQ,
  };
}

/** Σ weight_i·K_i. */
export function weightedCore({ cores }: StackedTerms, weights: readonly number[]): Matrix64 {
  const [{ rows, columns }] = cores as [Matrix64];
  const data = new Float64Array(rows * columns);
  cores.forEach((core, i) => {
    const weight = weights[i]!;
    for (let k = 0; k < data.length; k++) data[k]! += weight * core.data[k]!;
  });
  return { rows, columns, data };
}

/** The decomposition of a core, whose vectors `applyLeft` and `applyRight` carry back. */
export function decomposeCore({ rows, columns, data }: Matrix64): SingularVectors {
  // The bytes of a column-major matrix are those of its row-major transpose.
  const { values, u, v } = svd({ data, shape: [columns, rows] });
  return { values, u: v, v: u };
}

/** ‖M‖_F without overflow. */
export function coreNorm(m: Matrix64): number {
  const largest = largestMagnitude(m);
  if (!(largest > 0)) return largest;
  let sum = 0;
  for (let i = 0; i < m.data.length; i++) sum += (m.data[i]! / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/** Copies the factors, divided by their largest entries so that squares stay in range, and returns the coefficient. */
function placeTerm(name: string, term: Term, first: number, left: Matrix64, right: Matrix64): number {
  const { rank, a, b, coefficient } = term;
  if (a.length !== rank * right.rows || b.length !== rank * left.rows) {
    const expected = `${rank * right.rows} and ${rank * left.rows} entries`;
    throw new SurgeryError(
      'ShapeMismatch',
      `${name}: expected ${expected} of A and B, got ${a.length} and ${b.length}`,
    );
  }
  const scaleA = largestMagnitude({ rows: right.rows, columns: rank, data: a });
  const scaleB = largestMagnitude({ rows: left.rows, columns: rank, data: b });
  if (!Number.isFinite(scaleA * scaleB * coefficient))
    throw new SurgeryError('NonFinite', `${name}: A, B or the scaling holds NaN or an infinity`, name);
  const [divideA, divideB] = [scaleA || 1, scaleB || 1];
  for (let i = 0; i < a.length; i++) right.data[first * right.rows + i] = a[i]! / divideA;
  for (let k = 0; k < rank; k++)
    for (let i = 0; i < left.rows; i++) left.data[(first + k) * left.rows + i] = b[i * rank + k]! / divideB;
  return coefficient * divideA * divideB;
}

function blocksOf(terms: readonly Term[], left: Matrix64, right: Matrix64) {
  let first = 0;
  return terms.map(({ rank }) => {
    const block = ({ rows, data }: Matrix64): Matrix64 => ({
      rows,
      columns: rank,
      data: data.subarray(first * rows, (first + rank) * rows),
    });
    const blocks = { leftBlock: block(left), rightBlock: block(right) };
    first += rank;
    return blocks;
  });
}

function scaled({ rows, columns, data }: Matrix64, factor: number): Matrix64 {
  return { rows, columns, data: data.map((value) => factor * value) };
}
