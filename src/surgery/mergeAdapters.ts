/**
 * Merges adapters into one: the exact weighted sum Σ w_i·ΔW_i by default, or one of PEFT's other combinations with its
 * error against that sum beside it.
 */

import type { FileAccess } from '../checkpoint/fileAccess';
import type { TensorData } from '../checkpoint/safetensors/safetensorsWriter';
import { commonLayout, formOf, newAdapter } from './adapterFiles';
import type { NewAdapter, NewModule } from './adapterFiles';
import { SurgeryError } from './errors';
import { combineTerms } from './mergeTypes';
import type { MergeRecipe } from './mergeTypes';
import type { OpenedAdapter } from './readAdapter';
import { coreNorm, decomposeCore, stackTerms, weightedCore } from './stackedTerms';
import type { Term } from './stackedTerms';
import { readReplaced } from './replacedTensors';
import { tailNorm } from './truncatedProduct';

export interface MergeOptions extends Omit<MergeRecipe, 'rank'> {
  readonly weights: readonly number[];
  /** Rank of the types with an SVD; default: the largest rank of the inputs. */
  readonly rank?: number;
  /** Multiplies the sum so that its norm is that of the strongest weighted adapter. */
  readonly keepNorm?: boolean;
  /** Drops what PEFT drops (modules saved whole, magnitudes, biases) where the merge otherwise refuses it. */
  readonly dropAsPeft?: boolean;
}

export interface MergedModule {
  readonly name: string;
  readonly rank: number;
  /** ‖ΔW‖_F of the result. */
  readonly fro: number;
  readonly error: {
    /** ‖result − Σ w·ΔW‖/‖Σ w·ΔW‖; `null` if the sum is zero. */
    readonly relative: number | null;
    /** The smallest error of this rank. */
    readonly optimal: number | null;
  };
  /** The true sum's. */
  readonly singularValues: readonly number[];
}

export interface MergeResult {
  readonly facts: readonly MergedModule[];
  readonly modules: readonly NewModule[];
  readonly replaced: readonly TensorData[];
  /** Factor of `keepNorm`, 1 without it. */
  readonly strength: number;
}

/** Rejects with `SurgeryError` Unsupported for what a sum of factors cannot express. */
export async function mergeAdapters(
  files: FileAccess,
  adapters: readonly OpenedAdapter[],
  options: MergeOptions,
  report: (done: number, all: number) => Promise<void> = async () => {},
  signal?: AbortSignal,
): Promise<MergeResult> {
  if (!options.dropAsPeft) checkMergeable(adapters);
  commonLayout(adapters);
  const names = moduleNames(adapters);
  const usual = options.rank ?? largestRank(adapters);
  const recipe: MergeRecipe = { ...options, rank: usual };
  const merged: { fact: MergedModule; module: NewModule; squares: readonly number[] }[] = [];
  for (const [done, name] of names.entries()) {
    signal?.throwIfAborted();
    merged.push(await mergeModule(name, adapters, options.weights, recipe, signal));
    await report(done + 1, names.length);
  }
  const strength = options.keepNorm ? keptStrength(merged) : 1;
  return {
    facts: merged.map(({ fact }) => fact),
    modules: merged.map(({ module }) => (strength === 1 ? module : strengthened(module, strength))),
    replaced: options.dropAsPeft ? [] : await readReplaced(files, adapters, signal),
    strength,
  };
}

/** The files of a merge. @throws SurgeryError */
export function mergedFiles(adapters: readonly OpenedAdapter[], result: MergeResult, dtype: string): NewAdapter {
  return newAdapter(adapters, result.modules, dtype, result.replaced);
}

/** All modules, in the order in which the adapters name them. */
function moduleNames(adapters: readonly OpenedAdapter[]): readonly string[] {
  return [...new Set(adapters.flatMap(({ modules }) => [...modules.keys()]))];
}

export function largestRank(adapters: readonly OpenedAdapter[]): number {
  let most = 1;
  for (const { modules } of adapters) for (const { info } of modules.values()) most = Math.max(most, info.rank);
  return most;
}

/** @throws SurgeryError Unsupported, naming the adapter and its part that no sum of factors expresses */
export function checkMergeable(adapters: readonly OpenedAdapter[]): void {
  const refuse = (path: string, what: string): never => {
    throw new SurgeryError('Unsupported', `${path}: ${what}`, path);
  };
  for (const { path, modules, notCovered } of adapters) {
    for (const { name, magnitude, bias, form } of modules.values()) {
      if (magnitude !== null)
        refuse(path, `${name} is DoRA: its magnitudes do not add up, merge it into the base instead`);
      if (bias !== null) refuse(path, `${name} has a bias of B (lora_bias), which an adapter without it would lose`);
      if (form === 'expert')
        refuse(path, `${name} belongs to stacked experts (target_parameters): they are not merged`);
    }
    if (notCovered.length > 0) refuse(path, `a part is not a product of factors: ${notCovered[0]!}`);
  }
  const saving = adapters.filter(({ replaced }) => replaced.length > 0);
  if (saving.length > 1)
    refuse(saving[1]!.path, 'more than one adapter has modules_to_save: there is no sum of modules saved whole');
}

async function mergeModule(
  name: string,
  adapters: readonly OpenedAdapter[],
  weights: readonly number[],
  recipe: MergeRecipe,
  signal?: AbortSignal,
) {
  const own = adapters.flatMap((adapter, i) => (adapter.modules.has(name) ? [{ adapter, weight: weights[i]! }] : []));
  const first = formOf(own[0]!.adapter.modules.get(name)!);
  const shape = [first.outFeatures, first.inFeatures] as const;
  for (const { adapter } of own) {
    const { outFeatures, inFeatures } = adapter.modules.get(name)!.info;
    if (outFeatures === shape[0] && inFeatures === shape[1]) continue;
    const got = `[${outFeatures}, ${inFeatures}] in ${adapter.path}`;
    throw new SurgeryError('ShapeMismatch', `${name}: expected shape [${shape.join(', ')}], got ${got}`, name);
  }
  const terms: Term[] = [];
  for (const { adapter } of own) terms.push(await adapter.term(name, signal));
  const ownWeights = own.map(({ weight }) => weight);
  const factors = combineTerms(name, shape, terms, ownWeights, recipe);
  const module: NewModule = { ...first, ...factors, scaling: 1 };
  const { fact, squares } = measured(name, shape, terms, ownWeights, module);
  return { fact, module, squares };
}

/** The result beside the true sum, both from factors. */
function measured(
  name: string,
  shape: readonly [number, number],
  terms: readonly Term[],
  weights: readonly number[],
  { rank, a, b }: NewModule,
): { readonly fact: MergedModule; readonly squares: readonly number[] } {
  const stack = stackTerms(name, shape, [...terms, { rank, a, b, coefficient: 1 }]);
  const sum = weightedCore(stack, [...weights, 0]);
  const norm = coreNorm(sum);
  const values = decomposeCore(sum).values;
  const difference = coreNorm(weightedCore(stack, [...weights, -1]));
  const shown = values.subarray(
    0,
    terms.reduce((total, term) => total + term.rank, 0),
  );
  return {
    fact: {
      name,
      rank,
      fro: coreNorm(stack.cores[terms.length]!),
      error: {
        relative: norm > 0 ? difference / norm : null,
        optimal: norm > 0 ? tailNorm(values, rank) / norm : null,
      },
      singularValues: [...shown],
    },
    squares: [norm ** 2, ...terms.map((_, t) => (weights[t]! * coreNorm(stack.cores[t]!)) ** 2)],
  };
}

/** max_i ‖w_i·ΔW_i‖ over ‖Σ w·ΔW‖, each over all modules. A module with fewer adapters counts for those it has. */
function keptStrength(merged: readonly { readonly squares: readonly number[] }[]): number {
  const totals: number[] = [];
  for (const { squares } of merged) squares.forEach((square, i) => (totals[i] = (totals[i] ?? 0) + square));
  const [sum = 0, ...parts] = totals;
  const strongest = parts.reduce((most, part) => Math.max(most, part), 0);
  return sum > 0 ? Math.sqrt(strongest / sum) : 1;
}

function strengthened(module: NewModule, strength: number): NewModule {
  return { ...module, b: module.b.map((value) => strength * value) };
}
