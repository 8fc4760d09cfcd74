/**
 * What PEFT 0.21's `add_weighted_adapter` makes of the same call, with its checks in its order and with its faults:
 *
 * - `use_rslora` is copied from the first adapter, so that the result is √rank too large.
 * - One adapter is merged as 'linear' whatever the type.
 * - Ranks by pattern are lost: tensors of another rank than r stay under an empty pattern.
 * - Modules saved whole and trained magnitudes (DoRA) are dropped.
 * - Missing weights drop adapters, whose rank still counts.
 *
 * Source: peft/tuners/lora/model.py and peft/utils/merge_utils.py of version 0.21.0.
 */

import { newAdapter } from './adapterFiles';
import type { NewAdapter, NewModule } from './adapterFiles';
import { SurgeryError } from './errors';
import { isFactorwise, MERGE_TYPES, needsDensity } from './mergeTypes';
import type { MergeOptions } from './mergeAdapters';
import type { OpenedAdapter } from './readAdapter';
import type { ProductFactors } from './truncatedProduct';

export interface PeftCall {
  readonly type: string;
  readonly rank: number;
  /** Names of the faults that this call reproduces. */
  readonly faults: readonly string[];
}

/** PEFT's checks, and what it makes of type and rank. @throws SurgeryError with PEFT's reason */
export function checkPeftCall(
  adapters: readonly OpenedAdapter[],
  {
    type,
    rank,
    weights,
    density,
    majority,
  }: Pick<MergeOptions, 'type' | 'rank' | 'weights' | 'majority'> & {
    readonly density: number | null;
  },
): PeftCall {
  const refuse = (reason: string): never => {
    throw new SurgeryError('InvalidOption', `PEFT refuses this call: ${reason}`);
  };
  if (adapters.some(({ config }) => isFilled(config?.['target_parameters'])))
    refuse('an adapter has target_parameters');
  if (adapters.filter(({ replaced }) => replaced.length > 0).length > 1)
    refuse('cannot add weighted adapters if they target the same module with modules_to_save');
  const actual = adapters.length === 1 ? 'linear' : type;
  const ranks = adapters.map(configuredRank);
  if (isFactorwise(actual) && new Set(ranks).size > 1)
    refuse(`all adapters must have the same r for type ${actual}, got ${ranks.join(', ')}`);
  if (!(MERGE_TYPES as readonly string[]).includes(actual)) refuse(`invalid combination_type: ${actual}`);
  const strings = adapters.filter(({ config }) => typeof config?.['target_modules'] === 'string').length;
  if (strings > 0 && strings < adapters.length) refuse('target_modules are strings and lists');
  if (needsDensity(actual)) {
    if (density === null) refuse('the density is missing (TypeError)');
    else if (density < 0) refuse(`the density must be at least 0, got ${density}`);
  }
  if (/ties/.test(actual) && !['total', 'frequency'].includes(majority))
    refuse(`unimplemented mask method ${majority}`);
  const most = largestOf(ranks);
  const size = actual === 'cat' ? ranks.reduce((sum, r) => sum + r, 0) : /svd$/.test(actual) ? rank || most : most;
  if (/svd$/.test(actual)) {
    const sizes = adapters.flatMap(({ modules }) => [...modules.values()].map(({ info }) => info));
    const narrow = sizes.find(({ inFeatures, outFeatures }) => Math.min(inFeatures, outFeatures) < size);
    if (narrow)
      refuse(
        `rank ${size} exceeds a side of ${narrow.module}: PEFT writes tensors of other ranks, which it cannot load`,
      );
  }
  return { type: actual, rank: size, faults: faultsOf(adapters, type, actual, weights, size) };
}

/** The result as PEFT saves it: padded to its rank, with the first adapter's `use_rslora`. */
export function asPeftSaves(
  adapters: readonly OpenedAdapter[],
  modules: readonly NewModule[],
  call: PeftCall,
  dtype: string,
): NewAdapter {
  const padded = modules.map((module) => (call.type === 'cat' ? { ...module, ...padTo(module, call.rank) } : module));
  const plain = newAdapter(adapters, padded, dtype);
  const first = adapters[0]!.config;
  return {
    ...plain,
    config: {
      ...plain.config,
      r: call.rank,
      lora_alpha: call.rank,
      rank_pattern: {},
      alpha_pattern: {},
      use_rslora: first?.['use_rslora'] === true,
    },
  };
}

function padTo(module: NewModule, rank: number): ProductFactors {
  return module.rank === rank ? module : resized(module, rank);
}

/** The first `rank` directions, or zeros for those that are missing. */
function resized({ rank: old, a, b, inFeatures, outFeatures }: NewModule, rank: number): ProductFactors {
  const kept = Math.min(old, rank);
  const grown = new Float64Array(rank * inFeatures);
  grown.set(a.subarray(0, kept * inFeatures));
  const wide = new Float64Array(outFeatures * rank);
  for (let i = 0; i < outFeatures; i++) for (let k = 0; k < kept; k++) wide[i * rank + k] = b[i * old + k]!;
  return { rank, a: grown, b: wide };
}

/** PEFT's view of an adapter's rank: the largest of r and rank_pattern. */
function configuredRank({ config, modules }: OpenedAdapter): number {
  const pattern = config?.['rank_pattern'];
  const ranks = [config?.['r'], ...(isFilled(pattern) ? Object.values(pattern as object) : [])];
  const numbers = ranks.filter((value): value is number => typeof value === 'number');
  return largestOf(numbers.length > 0 ? numbers : [...modules.values()].map(({ info }) => info.rank));
}

function largestOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function faultsOf(
  adapters: readonly OpenedAdapter[],
  asked: string,
  actual: string,
  weights: readonly number[],
  rank: number,
): string[] {
  const faults: string[] = [];
  const [first] = adapters;
  if (first?.config?.['use_rslora'] === true)
    faults.push(`use_rslora is copied from the first adapter: the result is sqrt(${rank}) times too large`);
  if (asked !== actual) faults.push(`one adapter is merged as ${actual}, not ${asked}`);
  if (weights.length < adapters.length)
    faults.push(
      `${adapters.length - weights.length} adapters without a weight are dropped, and their rank still counts`,
    );
  if (isFactorwise(actual) && adapters.length > 1)
    faults.push(`${actual} adds factors, so that cross terms enter the sum`);
  if (isFactorwise(actual) && adapters.some(({ config }) => isFilled(config?.['rank_pattern'])))
    faults.push('rank_pattern is emptied although modules keep another rank: PEFT cannot load the result');
  if (adapters.some(({ replaced }) => replaced.length > 0)) faults.push('modules_to_save are dropped');
  if (adapters.some(({ modules }) => [...modules.values()].some(({ magnitude }) => magnitude !== null)))
    faults.push('trained magnitudes (DoRA) are dropped');
  return faults;
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
