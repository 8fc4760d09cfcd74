/** The spectrum of one LoRA module from its factors, computed by the engine or, without one, by plain loops. */

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

/** All values are NaN if a factor holds NaN or infinities. Throws `CheckpointError` TooLarge. */
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

/** The spectrum of scaling * W1 kron W2: all products of a singular value of each. Throws as `moduleSpectrum` does. */
export function kroneckerSpectrum([first, second]: readonly [Factors, Factors], scaling: number): Spectrum {
  const [left, right] = [moduleSpectrum(first).singularValues, moduleSpectrum(second).singularValues];
  const values = new Float64Array(left.length * right.length);
  for (let i = 0, at = 0; i < left.length; i++)
    for (let j = 0; j < right.length; j++) values[at++] = Math.abs(scaling) * left[i]! * right[j]!;
  return spectrumOf(values.sort().reverse());
}

/** The spectrum of factors in float32, which may be in the engine's memory. `tolerance` is the engine's option. */
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
