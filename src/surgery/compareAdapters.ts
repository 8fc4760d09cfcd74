/**
 * Compares adapters module by module from their factors: sizes, cosines, the subspaces that the changes read from and
 * write to, and what a weighted sum of them would be.
 */

import { effectiveRank, energyCurve, stableRank } from '../matrices/spectrum';
import type { Matrix64 } from '../tensor/matrix64';
import type { SingularVectors } from '../tensor/svd';
import { numericalRank, rankTolerance } from './numericalRank';
import type { OpenedAdapter } from './readAdapter';
import { relateSubspaces } from './principalAngles';
import type { SubspaceRelation } from './principalAngles';
import { signConflict } from './signConflict';
import { coreNorm, decomposeCore, stackTerms, weightedCore } from './stackedTerms';
import type { StackedTerms, Term } from './stackedTerms';

interface CompareOptions {
  /** Weights of the sum; default 1 each. */
  readonly weights?: readonly number[];
  /** Directions of φ(i, j); default 8. */
  readonly phi?: number;
}

interface SpectrumFacts {
  readonly rank: number;
  readonly scaling: number;
  readonly fro: number;
  readonly singularValues: readonly number[];
  readonly numericalRank: number;
  readonly effectiveRank: number;
  readonly stableRank: number;
  /** Share of the squared norm in the first k directions. */
  readonly energy: readonly number[];
}

interface SumFacts {
  readonly weights: readonly number[];
  readonly fro: number;
  /** 1 − ‖Σw·ΔW‖²/Σ‖w·ΔW‖²: 0 for orthogonal changes, negative if they reinforce each other, 1 if they cancel. */
  readonly interference: number | null;
  /** ‖Σw·ΔW‖/Σ‖w·ΔW‖. */
  readonly cancelRatio: number | null;
  readonly singularValues: readonly number[];
  /** Share of entries where two changes have opposite signs; `null` if that takes too long to count. */
  readonly signConflict: number | null;
}

export interface ModuleComparison {
  readonly name: string;
  /** [outFeatures, inFeatures]. */
  readonly shape: readonly [number, number];
  /** Whether every adapter changes it. */
  readonly inAll: boolean;
  /** The cosine of the first two adapters; `null` if one of them is zero or does not change the module. */
  readonly cosine: number | null;
  readonly inner: number | null;
  readonly fro: readonly number[];
  /** ‖ΔW_1 − ΔW_2‖/‖ΔW_1‖; `null` if that is undefined. */
  readonly relativeDifference: number | null;
  /** Directions written to (left singular vectors) and read from (right). */
  readonly columnSpace: SubspaceRelation | null;
  readonly rowSpace: SubspaceRelation | null;
  readonly sum: SumFacts;
  readonly spectra: readonly (SpectrumFacts | null)[];
}

export interface Comparison {
  readonly global: { readonly cosine: number | null; readonly fro: readonly number[] };
  /** Inner products of all pairs, summed over the modules; a module that an adapter lacks counts as zero. */
  readonly gram: readonly (readonly number[])[];
  /** The Gram matrix over the norms; `null` beside a zero adapter. */
  readonly cosines: readonly (readonly (number | null)[])[];
  readonly modules: readonly ModuleComparison[];
  /** Modules that only one adapter changes, by the adapter's index. */
  readonly onlyIn: Readonly<Record<string, readonly string[]>>;
  readonly mismatched: readonly { readonly name: string; readonly shapes: readonly (readonly number[] | null)[] }[];
  readonly notCovered: readonly string[];
}

/** Rejects with `SurgeryError` NonFinite for a module with NaN, and with the reason of an aborted signal. */
export async function compareAdapters(
  adapters: readonly OpenedAdapter[],
  options: CompareOptions = {},
  report: (done: number, all: number) => Promise<void> = async () => {},
  signal?: AbortSignal,
): Promise<Comparison> {
  const weights = options.weights ?? adapters.map(() => 1);
  const names = [...new Set(adapters.flatMap(({ modules }) => [...modules.keys()]))];
  const gram = adapters.map(() => new Float64Array(adapters.length));
  const notCovered = adapters.flatMap((adapter) => uncovered(adapter));
  const mismatched: { name: string; shapes: (readonly number[] | null)[] }[] = [];
  const onlyIn: Record<string, string[]> = Object.fromEntries(adapters.map((_, i) => [String(i), []]));
  const modules: ModuleComparison[] = [];
  for (const [done, name] of names.entries()) {
    signal?.throwIfAborted();
    const present = adapters.flatMap(({ modules: own }, i) => (own.has(name) ? [i] : []));
    const shapes = adapters.map(({ modules: own }) => shapeOf(own.get(name)?.info));
    if (present.length === 1) onlyIn[String(present[0]!)]!.push(name);
    if (new Set(shapes.filter((shape) => shape !== null).map((shape) => shape.join())).size > 1) {
      mismatched.push({ name, shapes });
      continue;
    }
    const lacking = present.find((i) => adapters[i]!.modules.get(name)!.info.unavailable !== undefined);
    if (lacking !== undefined) continue;
    const terms = await Promise.all(adapters.map((a) => (a.modules.has(name) ? a.term(name, signal) : null)));
    const dtypes = adapters.map(({ modules: own }) => own.get(name)?.dtype ?? 'F32');
    modules.push(compareModule(name, shapes[present[0]!]!, terms, dtypes, weights, options.phi ?? 8, gram));
    await report(done + 1, names.length);
  }
  const fro = gram.map((row, i) => Math.sqrt(row[i]!));
  const cosines = gram.map((row, i) => [...row].map((value, j) => ratio(value, fro[i]! * fro[j]!)));
  return {
    global: { cosine: cosines[0]?.[1] ?? null, fro },
    gram: gram.map((row) => [...row]),
    cosines,
    modules,
    onlyIn,
    mismatched,
    notCovered,
  };
}

function compareModule(
  name: string,
  shape: readonly [number, number],
  terms: readonly (Term | null)[],
  dtypes: readonly string[],
  weights: readonly number[],
  phi: number,
  gram: readonly Float64Array[],
): ModuleComparison {
  const present = terms.flatMap((term, i) => (term ? [i] : []));
  const own = present.map((i) => terms[i]!);
  const stack = stackTerms(name, shape, own);
  const parts = own.map((_, k) => stack.decompose(k));
  const ranks = own.map((term, k) => {
    const { values } = parts[k]!;
    return numericalRank(values, rankTolerance(term, dtypes[present[k]!]!, values[0] ?? 0));
  });
  const fro = terms.map(() => 0);
  present.forEach((i, k) => (fro[i] = coreNorm(stack.cores[k]!)));
  present.forEach((i, k) => present.forEach((j, l) => (gram[i]![j]! += inner(stack.cores[k]!, stack.cores[l]!))));
  const both = terms.length > 1 && terms[0] !== null && terms[1] !== null;
  const product = both ? inner(stack.cores[0]!, stack.cores[1]!) : null;
  const relation = (side: 'u' | 'v'): SubspaceRelation | null =>
    both
      ? relateSubspaces(
          leading(parts[0]![side], ranks[0]!),
          leading(parts[1]![side], ranks[1]!),
          shape[side === 'u' ? 0 : 1],
          phi,
        )
      : null;
  return {
    name,
    shape,
    inAll: present.length === terms.length,
    cosine: product === null ? null : ratio(product, fro[0]! * fro[1]!),
    inner: product,
    fro,
    relativeDifference: both ? ratio(coreNorm(weightedCore(stack, padded(own.length, [1, -1]))), fro[0]!) : null,
    columnSpace: relation('u'),
    rowSpace: relation('v'),
    sum: sumFacts(
      stack,
      own,
      shape,
      present.map((i) => weights[i]!),
      present.map((i) => fro[i]!),
    ),
    spectra: terms.map((term, i) => {
      const k = present.indexOf(i);
      return term && spectrumFacts(term, parts[k]!, fro[i]!, ranks[k]!);
    }),
  };
}

function sumFacts(
  stack: StackedTerms,
  terms: readonly Term[],
  shape: readonly [number, number],
  weights: readonly number[],
  fro: readonly number[],
): SumFacts {
  const core = weightedCore(stack, weights);
  const norm = coreNorm(core);
  const squares = fro.reduce((sum, value, i) => sum + (weights[i]! * value) ** 2, 0);
  const interference = ratio(norm * norm, squares);
  return {
    weights,
    fro: norm,
    interference: interference === null ? null : 1 - interference,
    cancelRatio: ratio(
      norm,
      fro.reduce((sum, value, i) => sum + Math.abs(weights[i]! * value), 0),
    ),
    singularValues: [...decomposeCore(core).values],
    signConflict: terms.length === 2 ? signConflict(shape, terms[0]!, terms[1]!) : null,
  };
}

function spectrumFacts(term: Term, { values }: SingularVectors, fro: number, rank: number): SpectrumFacts {
  return {
    rank: term.rank,
    scaling: term.coefficient,
    fro,
    singularValues: [...values],
    numericalRank: rank,
    effectiveRank: effectiveRank(values),
    stableRank: stableRank(values),
    energy: [...energyCurve(values)],
  };
}

function uncovered({ path, modules, notCovered, replaced }: OpenedAdapter): string[] {
  const lines = notCovered.map((text) => `${path}: ${text}`);
  const magnitudes = [...modules.values()].filter(({ magnitude }) => magnitude !== null).length;
  const biases = [...modules.values()].filter(({ bias }) => bias !== null).length;
  if (magnitudes > 0)
    lines.push(`${path}: the magnitudes of ${magnitudes} DoRA modules, which need the base: only B·A is compared`);
  if (biases > 0) lines.push(`${path}: the biases of B of ${biases} modules`);
  if (replaced.length > 0) lines.push(`${path}: ${replaced.length} tensors that replace those of the base`);
  return lines;
}

function shapeOf(info?: {
  readonly outFeatures: number;
  readonly inFeatures: number;
}): readonly [number, number] | null {
  return info ? [info.outFeatures, info.inFeatures] : null;
}

function inner(a: Matrix64, b: Matrix64): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += a.data[i]! * b.data[i]!;
  return sum;
}

function leading({ rows, data }: Matrix64, columns: number): Matrix64 {
  return { rows, columns, data: data.subarray(0, rows * columns) };
}

function padded(length: number, values: readonly number[]): number[] {
  return Array.from({ length }, (_, i) => values[i] ?? 0);
}

function ratio(value: number, by: number): number | null {
  return by > 0 ? value / by : null;
}
