/** The spectrum of one LoRA module from its factors: by the engine, or by the plain loops where there is none. */

import { effectiveRank, frobeniusNorm, stableRank } from './spectrum';
import type { Spectrum } from '../protocol/matrix';
import { currentEngine } from '../tensor/engine/current';
import type { Engine } from '../tensor/engine/engine';
import { productSingularValues } from '../tensor/engine/spectrum';
import { factoredSingularValues } from '../tensor/svd';
import type { Factors } from './factors';
import { float32Factors } from './residentDelta';
import type { Float32Factors } from './residentDelta';
import { checkSpectrumWork } from './spectrumWork';

export type FactorSizes = Omit<Factors, 'a' | 'b'>;

/** Throws `CheckpointError` TooLarge. All NaN where a factor has NaN or infinities. */
export function moduleSpectrum(factors: Factors): Spectrum {
  checkSpectrumWork(factors);
  const engine = currentEngine();
  const floats = engine && float32Factors(factors);
  if (floats) return residentSpectrum(engine, factors, floats);
  const { rank, inFeatures, outFeatures, scaling, a, b } = factors;
  return spectrumOf(
    factoredSingularValues({
      a: { data: a, shape: [rank, inFeatures] },
      b: { data: b, shape: [outFeatures, rank] },
      scaling,
    }),
  );
}

/** The same of factors in float32, which may lie in the engine's memory; `tolerance` as for the engine. */
export function residentSpectrum(
  engine: Engine,
  sizes: FactorSizes,
  { a, b }: Float32Factors,
  tolerance?: number,
): Spectrum {
  const { rank, inFeatures, outFeatures, scaling } = sizes;
  return spectrumOf(
    productSingularValues(engine, {
      a: { data: a, shape: [rank, inFeatures] },
      b: { data: b, shape: [outFeatures, rank] },
      scaling,
      ...(tolerance !== undefined && { tolerance }),
    }),
  );
}

function spectrumOf(singularValues: Float64Array): Spectrum {
  return {
    singularValues,
    effectiveRank: effectiveRank(singularValues),
    stableRank: stableRank(singularValues),
    norm: frobeniusNorm(singularValues),
  };
}
