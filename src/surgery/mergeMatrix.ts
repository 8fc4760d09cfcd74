/**
 * Adds changes to a matrix of the base, block by block of its rows:
 *
 *     W' = W + Σ w·scaling·B·A                          LoRA
 *     W' = W + (m/‖W + ΔW‖_row)·(W + ΔW) − W            DoRA, with the norm of each output over all inputs
 *
 * Modes of rounding: `exact` sums in float64 and rounds once. `once` is PEFT's merge: each change is first rounded to the
 * dtype of its factors, the sum is in float32 and rounded once. `peft` is PEFT's merge with safe_merge: each change is
 * rounded to the dtype of the weight, and so is each sum.
 */

import { roundTo } from './encodeValues';
import type { FloatDtype } from './encodeValues';
import { isFloatDtype } from './encodeValues';
import type { MatrixTarget } from './basePlan';
import { deltaRow } from './signConflict';
import type { Term } from './stackedTerms';

export type Rounding = 'exact' | 'once' | 'peft';

/** A change in the order of storage of the matrix. */
export interface StoredChange {
  readonly term: Term;
  /** Dtype of the factors. */
  readonly dtype: FloatDtype;
  /** m of DoRA (outFeatures); `null` for LoRA. */
  readonly magnitude: Float64Array | null;
  /** ‖W + ΔW‖ of each output; filled in before the merge if outputs are columns. */
  norms: Float64Array | null;
}

/** What a merge did to one module. */
export interface MergeFigures {
  /** ‖ΔW‖_F of all changes together. */
  readonly deltaFro: number;
  readonly deltaOverWeight: number | null;
  /** Share of entries whose stored value stays. */
  readonly unchangedShare: number;
  /** ‖(W' − W) − ΔW‖/‖ΔW‖ after rounding. */
  readonly mergedDeltaError: number | null;
  readonly nonFinite: number;
}

/** B and A change places if the matrix stores input features as rows: (B·A)ᵀ = Aᵀ·Bᵀ. */
export function storedTerm({ rank, a, b, coefficient }: Term, weight: number, transposed: boolean): Term {
  if (!transposed) return { rank, a, b, coefficient: weight * coefficient };
  return {
    rank,
    coefficient: weight * coefficient,
    a: turned(b, b.length / rank, rank),
    b: turned(a, rank, a.length / rank),
  };
}

export class MatrixMerge {
  private readonly delta: Float64Array;
  private readonly total: Float64Array;
  private deltaSquare = 0;
  private weightSquare = 0;
  private errorSquare = 0;
  private unchanged = 0;
  private nonFinite = 0;
  private entries = 0;

  constructor(
    private readonly target: MatrixTarget,
    private readonly changes: readonly StoredChange[],
    private readonly dtype: FloatDtype,
    private readonly rounding: Rounding,
  ) {
    this.delta = new Float64Array(target.columns);
    this.total = new Float64Array(target.columns);
  }

  /** Whether `addNorms` has to see all rows before the first merge. */
  get needsNorms(): boolean {
    return this.target.transposed && this.changes.some(({ magnitude }) => magnitude !== null);
  }

  /** Adds the squares of rows from `first` on to the norms of the outputs, which are columns. */
  addNorms(values: ArrayLike<number>, first: number): void {
    const { columns } = this.target;
    for (const change of this.changes) {
      if (!change.magnitude) continue;
      const squares = (change.norms ??= new Float64Array(columns));
      for (let at = 0, row = first; at < values.length; at += columns, row++) {
        deltaRow(change.term, row, this.delta);
        for (let j = 0; j < columns; j++) squares[j]! += (values[at + j]! + this.delta[j]!) ** 2;
      }
    }
  }

  /** Ends `addNorms`. */
  finishNorms(): void {
    for (const { norms } of this.changes) norms?.forEach((square, j) => (norms[j] = Math.sqrt(square)));
  }

  /** Replaces the rows from `first` on by the merged ones, not yet rounded unless the mode asks for it. */
  merge(values: Float64Array, first: number): void {
    const { columns } = this.target;
    for (let at = 0, row = first; at < values.length; at += columns, row++) {
      this.total.fill(0);
      const merged = values.subarray(at, at + columns);
      const weights = merged.slice();
      for (const change of this.changes) this.addChange(change, row, weights, merged);
      this.finishRow(weights, merged);
    }
  }

  figures(): MergeFigures {
    const deltaFro = Math.sqrt(this.deltaSquare);
    const weight = Math.sqrt(this.weightSquare);
    return {
      deltaFro,
      deltaOverWeight: weight > 0 ? deltaFro / weight : null,
      unchangedShare: this.entries > 0 ? this.unchanged / this.entries : 1,
      mergedDeltaError: deltaFro > 0 ? Math.sqrt(this.errorSquare) / deltaFro : null,
      nonFinite: this.nonFinite,
    };
  }

  private addChange(change: StoredChange, row: number, weights: Float64Array, merged: Float64Array): void {
    const { delta, total, dtype, rounding } = this;
    deltaRow(change.term, row, delta);
    if (change.magnitude) rescale(change, row, weights, delta, this.target.transposed);
    for (let j = 0; j < delta.length; j++) {
      total[j]! += delta[j]!;
      if (rounding === 'exact') continue;
      const rounded = roundTo(delta[j]!, rounding === 'peft' ? dtype : change.dtype);
      const sum = dtype === 'F64' ? merged[j]! + rounded : Math.fround(merged[j]! + rounded);
      merged[j] = rounding === 'peft' ? roundTo(sum, dtype) : sum;
    }
  }

  private finishRow(weights: Float64Array, merged: Float64Array): void {
    const { total, dtype, rounding } = this;
    for (let j = 0; j < merged.length; j++) {
      const weight = weights[j]!;
      const value = roundTo(rounding === 'exact' ? weight + total[j]! : merged[j]!, dtype);
      merged[j] = value;
      if (value === weight) this.unchanged++;
      else if (!Number.isFinite(value)) this.nonFinite++;
      this.deltaSquare += total[j]! ** 2;
      this.weightSquare += weight ** 2;
      this.errorSquare += (value - weight - total[j]!) ** 2;
    }
    this.entries += merged.length;
  }
}

/** The change of DoRA: (m/‖W + ΔW‖)·(W + ΔW) − W, into `delta`. */
function rescale(
  change: StoredChange,
  row: number,
  weights: Float64Array,
  delta: Float64Array,
  transposed: boolean,
): void {
  const { magnitude, norms } = change;
  let norm = 0;
  if (!transposed) {
    for (let j = 0; j < delta.length; j++) norm += (weights[j]! + delta[j]!) ** 2;
    norm = Math.sqrt(norm);
  }
  for (let j = 0; j < delta.length; j++) {
    const factor = transposed ? magnitude![j]! / norms![j]! : magnitude![row]! / norm;
    delta[j] = factor * (weights[j]! + delta[j]!) - weights[j]!;
  }
}

function turned(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j]!;
  return out;
}

/** The dtype that PEFT computes a change in. */
export function factorDtype(dtype: string): FloatDtype {
  return isFloatDtype(dtype) ? dtype : 'F32';
}
