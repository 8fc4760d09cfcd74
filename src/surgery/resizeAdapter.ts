/** Changes the rank of an adapter's modules. Each keeps its strongest directions, which is the best of that rank. */

import type { FileAccess } from '../checkpoint/fileAccess';
import type { TensorData } from '../checkpoint/safetensors/safetensorsWriter';
import { formOf } from './adapterFiles';
import type { NewModule } from './adapterFiles';
import { checkMergeable } from './mergeAdapters';
import { numericalRank, rankTolerance } from './numericalRank';
import type { AdapterModule, OpenedAdapter } from './readAdapter';
import { readReplaced } from './replacedTensors';
import { keptRank } from './resizeRules';
import type { RankLimits, ResizeRule } from './resizeRules';
import { coreNorm, stackTerms } from './stackedTerms';
import { balancedFactors, leadingVectors, tailNorm } from './truncatedProduct';

export interface ResizeOptions extends RankLimits {
  readonly rule: ResizeRule;
}

export interface ResizedModule {
  readonly name: string;
  readonly oldRank: number;
  readonly rank: number;
  /** rank times the scaling of the written factors. */
  readonly alpha: number;
  readonly singularValues: readonly number[];
  readonly energyKept: number | null;
  readonly absError: number;
  readonly relError: number | null;
  /** σ at the cut over the next one: a large gap is a good place to cut. `null` if nothing is cut. */
  readonly gap: number | null;
  /** Directions that are more than the rounding of the stored factors: a smaller rank loses something. */
  readonly numericalRank: number;
}

export interface ResizeResult {
  readonly facts: readonly ResizedModule[];
  readonly modules: readonly NewModule[];
  readonly replaced: readonly TensorData[];
  /** ‖all errors‖ over ‖all changes‖. */
  readonly relError: number | null;
}

/** Rejects with `SurgeryError` Unsupported for DoRA and others that are more than a product. */
export async function resizeAdapter(
  files: FileAccess,
  adapter: OpenedAdapter,
  options: ResizeOptions,
  report: (done: number, all: number) => Promise<void> = async () => {},
  signal?: AbortSignal,
): Promise<ResizeResult> {
  checkMergeable([adapter]);
  const facts: ResizedModule[] = [];
  const modules: NewModule[] = [];
  let [error, total] = [0, 0];
  for (const module of adapter.modules.values()) {
    signal?.throwIfAborted();
    const { fact, resized, norm } = await resizeModule(adapter, module, options, signal);
    facts.push(fact);
    modules.push(resized);
    error += fact.absError ** 2;
    total += norm ** 2;
    await report(facts.length, adapter.modules.size);
  }
  const replaced = await readReplaced(files, [adapter], signal);
  return { facts, modules, replaced, relError: total > 0 ? Math.sqrt(error / total) : null };
}

async function resizeModule(
  adapter: OpenedAdapter,
  module: AdapterModule,
  options: ResizeOptions,
  signal?: AbortSignal,
) {
  const { name, info } = module;
  const form = formOf(module);
  const term = await adapter.term(name, signal);
  const stack = stackTerms(name, [form.outFeatures, form.inFeatures], [term]);
  const core = stack.decompose(0);
  const { values } = core;
  const rank = keptRank(values, options.rule, options);
  // kohya's files keep their scaling: alpha is the old one times the change of rank.
  const scaling = options.kohyaExact && term.coefficient !== 0 ? term.coefficient : 1;
  const kept = leadingVectors(core, Math.min(rank, values.length));
  const vectors = { values: kept.values, u: stack.applyLeft(kept.u), v: stack.applyRight(kept.v) };
  const resized: NewModule = { ...form, ...balancedFactors(vectors, rank, scaling), scaling };
  const norm = coreNorm(stack.cores[0]!);
  const absError = tailNorm(values, rank);
  const next = values[rank] ?? 0;
  const fact: ResizedModule = {
    name,
    oldRank: info.rank,
    rank,
    alpha: rank * scaling,
    singularValues: [...values],
    energyKept: norm > 0 ? 1 - (absError / norm) ** 2 : null,
    absError,
    relError: norm > 0 ? absError / norm : null,
    gap: next > 0 ? values[rank - 1]! / next : null,
    numericalRank: numericalRank(values, rankTolerance(term, module.dtype, values[0] ?? 0)),
  };
  return { fact, resized, norm };
}
