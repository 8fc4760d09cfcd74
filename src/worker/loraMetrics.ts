/** Spectrum and norms of LoRA modules, from their factors. */

import { effectiveRank, frobeniusNorm, stableRank } from '../analysis/spectrum';
import { CheckpointError } from '../checkpoint/errors';
import type { ModuleMetric, ModuleMetrics, Spectrum } from '../protocol/matrix';
import type { Progress } from '../protocol/rpc';
import type { LoraModuleInfo } from '../protocol/source';
import { factoredSingularValues } from '../tensor/svd';
import { DeltaMatrix } from './deltaMatrix';
import type { Factors } from './deltaMatrix';
import type { InspectedSource } from './inspectedSource';
import { everything } from './matrixReader';
import { Pacer } from './pacer';

/**
 * Multiplications that the singular values of one module may take, some ten seconds in which no cancel is heard:
 * rank 512 of a 4096-wide layer passes.
 */
const MAX_SPECTRUM_PRODUCTS = 2 ** 33;
/** Sweeps of the Jacobi method times the work of one, in units of rank cubed. */
const SWEEP_PRODUCTS = 40;
/**
 * Work for maxAbs of all modules together, in multiplications, about a second: it needs every entry of every product.
 * Where all together take more, it is NaN for all of them, so that the modules in the grid stay comparable.
 */
const MAX_ENTRY_WORK = 2 ** 30;
/** Looking at an entry takes as long as this many multiplications. */
const ENTRY_OVERHEAD = 4;

/** Throws `CheckpointError` TooLarge. All NaN where a factor has NaN or infinities. */
export function moduleSpectrum({ rank, inFeatures, outFeatures, scaling, a, b }: Factors): Spectrum {
  const work = rank * rank * (inFeatures + outFeatures + SWEEP_PRODUCTS * rank);
  if (work > MAX_SPECTRUM_PRODUCTS) {
    throw new CheckpointError(
      'TooLarge',
      `singular values at rank ${rank} take ${work} multiplications, at most ${MAX_SPECTRUM_PRODUCTS} are made`,
    );
  }
  const singularValues = factoredSingularValues({
    a: { data: a, shape: [rank, inFeatures] },
    b: { data: b, shape: [outFeatures, rank] },
    scaling,
  });
  return {
    singularValues,
    effectiveRank: effectiveRank(singularValues),
    stableRank: stableRank(singularValues),
    norm: frobeniusNorm(singularValues),
  };
}

const METRICS: readonly ModuleMetric[] = [
  'deltaNorm',
  'aNorm',
  'bNorm',
  'spectralNorm',
  'effectiveRank',
  'stableRank',
  'maxAbs',
];

/** Of every module; one that cannot be read is NaN throughout, and `failures` says why. */
export async function moduleMetrics(
  source: InspectedSource,
  progress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<ModuleMetrics> {
  const modules = source.description.lora;
  const table = (): Float64Array => new Float64Array(modules.length).fill(NaN);
  const metrics = Object.fromEntries(METRICS.map((metric) => [metric, table()])) as Record<ModuleMetric, Float64Array>;
  const failures: { module: number; message: string }[] = [];
  const withMaxAbs = entryWork(modules) <= MAX_ENTRY_WORK;
  const pacer = new Pacer(signal);

  for (const [i, { module, unavailable }] of modules.entries()) {
    await pacer.pause();
    progress({ done: i, total: modules.length, message: module });
    if (unavailable !== undefined) {
      failures.push({ module: i, message: unavailable });
      continue;
    }
    try {
      const factors = await source.factors(module, undefined, signal);
      metrics.aNorm[i] = norm(factors.a);
      metrics.bNorm[i] = norm(factors.b);
      const spectrum = moduleSpectrum(factors);
      metrics.deltaNorm[i] = spectrum.norm;
      metrics.spectralNorm[i] = spectrum.singularValues[0] ?? 0;
      metrics.effectiveRank[i] = spectrum.effectiveRank;
      metrics.stableRank[i] = spectrum.stableRank;
      if (withMaxAbs) metrics.maxAbs[i] = await largestEntry(factors, signal);
      if (Number.isNaN(spectrum.norm)) failures.push({ module: i, message: 'A or B holds NaN or infinities' });
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      failures.push({ module: i, message: error.message });
    }
  }
  progress({ done: modules.length, total: modules.length });
  return { ...metrics, failures };
}

function entryWork(modules: readonly LoraModuleInfo[]): number {
  return modules.reduce((sum, { unavailable, rank, inFeatures, outFeatures }) => {
    return unavailable === undefined ? sum + (rank + ENTRY_OVERHEAD) * inFeatures * outFeatures : sum;
  }, 0);
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}

/** Largest magnitude of the product's entries; NaN where there is one. */
async function largestEntry(factors: Factors, signal?: AbortSignal): Promise<number> {
  const delta = new DeltaMatrix(factors);
  let largest = 0;
  await delta.scan(
    everything(delta),
    ({ values }) => {
      for (let i = 0; i < values.length; i++) {
        const magnitude = Math.abs(values[i]!);
        // Written so that a NaN is taken, and once taken is kept.
        if (!(magnitude <= largest) && largest === largest) largest = magnitude;
      }
    },
    signal,
  );
  return largest;
}
