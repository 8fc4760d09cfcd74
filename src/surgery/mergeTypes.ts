/** The ways to combine adapters: PEFT's eleven `combination_type`s, and how each is computed for one module. */

import type { Random } from '../tensor/random';
import { denseDecomposition } from './denseSvd';
import { disjointMerge, pruneAtRandom, pruneByMagnitude, weightedSum } from './elementwise';
import type { MajorityMethod } from './elementwise';
import { SurgeryError } from './errors';
import { deltaRow } from './signConflict';
import { decomposeCore, stackTerms, weightedCore } from './stackedTerms';
import type { Term } from './stackedTerms';
import { balancedFactors, leadingVectors } from './truncatedProduct';
import type { ProductFactors } from './truncatedProduct';

export const MERGE_TYPES = [
  ...['cat', 'svd', 'linear', 'ties', 'ties_svd', 'dare_linear', 'dare_ties', 'dare_linear_svd', 'dare_ties_svd'],
  ...['magnitude_prune', 'magnitude_prune_svd'],
] as const;

export interface MergeRecipe {
  readonly type: string;
  /** Rank of the types with an SVD. */
  readonly rank: number;
  readonly density: number;
  readonly majority: MajorityMethod;
  readonly random: Random;
  /** Quantile at which the entries of both factors are clipped, or `null`. */
  readonly clamp: number | null;
}

/** Entries of a module's dense change that the elementwise types with an SVD hold, for each adapter. */
const MAX_DENSE_ENTRIES = 2 ** 26;

/** Types that combine A with A and B with B, which needs equal ranks. */
export function isFactorwise(type: string): boolean {
  return ['linear', 'ties', 'dare_linear', 'dare_ties', 'magnitude_prune'].includes(type);
}

export function needsDensity(type: string): boolean {
  return /ties|dare|prune/.test(type);
}

/**
 * One module's combination with a scaling of 1. `terms` are the changes of the adapters that have the module.
 * @throws SurgeryError Unsupported, ShapeMismatch, InvalidOption, NonFinite
 */
export function combineTerms(
  name: string,
  shape: readonly [number, number],
  terms: readonly Term[],
  weights: readonly number[],
  recipe: MergeRecipe,
): ProductFactors {
  if (recipe.type === 'cat') return concatenated(shape, terms, weights);
  if (isFactorwise(recipe.type)) return factorwise(name, terms, weights, recipe);
  const factors =
    recipe.type === 'svd'
      ? optimal(name, shape, terms, weights, recipe.rank)
      : dense(name, shape, terms, weights, recipe);
  return recipe.clamp === null ? factors : clamped(factors, recipe.clamp, shape);
}

/** A = [w_i·s_i·A_i] stacked, B = [B_i] side by side: the exact sum. */
function concatenated([out, inner]: readonly [number, number], terms: readonly Term[], weights: readonly number[]) {
  const rank = terms.reduce((sum, term) => sum + term.rank, 0);
  const a = new Float64Array(rank * inner);
  const b = new Float64Array(out * rank);
  let first = 0;
  terms.forEach((term, t) => {
    const factor = weights[t]! * term.coefficient;
    for (let i = 0; i < term.a.length; i++) a[first * inner + i] = factor * term.a[i]!;
    for (let i = 0; i < out; i++)
      for (let k = 0; k < term.rank; k++) b[i * rank + first + k] = term.b[i * term.rank + k]!;
    first += term.rank;
  });
  return { rank, a, b };
}

/** A = Σ sign(c)·√|c|·A_i and B = Σ √|c|·B_i with c = w·s. Their product has cross terms: it is not the sum. */
function factorwise(
  name: string,
  terms: readonly Term[],
  weights: readonly number[],
  recipe: MergeRecipe,
): ProductFactors {
  const ranks = new Set(terms.map(({ rank }) => rank));
  if (ranks.size > 1) {
    const message = `${name}: type ${recipe.type} needs equal ranks, got ${[...ranks].join(', ')}: use cat or svd`;
    throw new SurgeryError('ShapeMismatch', message, name);
  }
  const products = terms.map(({ coefficient }, t) => coefficient * weights[t]!);
  const roots = products.map((product) => Math.sqrt(Math.abs(product)));
  const signed = roots.map((root, t) => (products[t]! >= 0 ? root : -root));
  const a = elementwise(
    terms.map((term) => term.a),
    signed,
    recipe,
  );
  const b = elementwise(
    terms.map((term) => term.b),
    roots,
    recipe,
  );
  return { rank: terms[0]!.rank, a, b };
}

/** `recipe.type` without '_svd'. */
function elementwise(tensors: readonly Float64Array[], weights: readonly number[], recipe: MergeRecipe): Float64Array {
  const { density, majority, random } = recipe;
  const byMagnitude = (): Float64Array[] => tensors.map((tensor) => pruneByMagnitude(tensor, density));
  const atRandom = (): Float64Array[] => tensors.map((tensor) => pruneAtRandom(tensor, density, random));
  switch (recipe.type.replace(/_svd$/, '')) {
    case 'ties':
      return disjointMerge(byMagnitude(), weights, majority);
    case 'dare_linear':
      return weightedSum(atRandom(), weights);
    case 'dare_ties':
      return disjointMerge(atRandom(), weights, majority);
    case 'magnitude_prune':
      return weightedSum(byMagnitude(), weights);
    default:
      return weightedSum(tensors, weights);
  }
}

/** The best approximation of the sum with this rank. */
function optimal(
  name: string,
  shape: readonly [number, number],
  terms: readonly Term[],
  weights: readonly number[],
  rank: number,
): ProductFactors {
  const stack = stackTerms(name, shape, terms);
  const core = leadingVectors(
    decomposeCore(weightedCore(stack, weights)),
    Math.min(rank, stack.cores[0]!.rows, stack.cores[0]!.columns),
  );
  return balancedFactors({ values: core.values, u: stack.applyLeft(core.u), v: stack.applyRight(core.v) }, rank);
}

/** An elementwise combination of the dense changes, then its best approximation. */
function dense(
  name: string,
  shape: readonly [number, number],
  terms: readonly Term[],
  weights: readonly number[],
  recipe: MergeRecipe,
): ProductFactors {
  const [out, inner] = shape;
  if (out * inner > MAX_DENSE_ENTRIES) {
    const message = `${name}: type ${recipe.type} holds ${out * inner} entries for each adapter, at most ${MAX_DENSE_ENTRIES}`;
    throw new SurgeryError('Unsupported', message, name);
  }
  const deltas = terms.map((term) => {
    const delta = new Float64Array(out * inner);
    for (let row = 0; row < out; row++) deltaRow(term, row, delta.subarray(row * inner, (row + 1) * inner));
    return delta;
  });
  const combined = elementwise(deltas, weights, recipe);
  return balancedFactors(denseDecomposition(combined, shape, recipe.rank), recipe.rank);
}

/** Clips the entries of U·Σ and Vᵀ at one quantile of all of them, as kohya's scripts and PEFT's svd_clamp do. */
function clamped(
  { rank, a, b }: ProductFactors,
  quantile: number,
  [out, inner]: readonly [number, number],
): ProductFactors {
  const [left, right] = [b.slice(), a.slice()];
  for (let k = 0; k < rank; k++) {
    let square = 0;
    for (let j = 0; j < inner; j++) square += a[k * inner + j]! ** 2;
    const norm = Math.sqrt(square) || 1;
    for (let j = 0; j < inner; j++) right[k * inner + j] = a[k * inner + j]! / norm;
    for (let i = 0; i < out; i++) left[i * rank + k] = b[i * rank + k]! * norm;
  }
  const entries = new Float64Array(left.length + right.length);
  entries.set(left);
  entries.set(right, left.length);
  entries.sort();
  const at = quantile * (entries.length - 1);
  const below = Math.floor(at);
  const limit = entries[below]! + (at - below) * ((entries[below + 1] ?? entries[below]!) - entries[below]!);
  const clip = (value: number): number => Math.min(Math.max(value, -limit), limit);
  return { rank, a: right.map(clip), b: left.map(clip) };
}
