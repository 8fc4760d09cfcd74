/** Spectra and measures of LoRA modules: a bundle of its own, loaded with the first request for one. */

import type { Factors } from '../matrices/factors';
import { measureFactors } from '../matrices/moduleMeasures';
import type { ModuleMeasures } from '../matrices/moduleMeasures';
import { kroneckerSpectrum, moduleSpectrum } from '../matrices/moduleSpectrum';
import { productNorms } from '../matrices/productNorm';
import type { StoredProduct } from '../matrices/storedProduct';
import type { Spectrum } from '../protocol/matrix';
import { useEngine } from '../tensor/engine/current';
import type { Engine } from '../tensor/engine/engine';

/** Measuring threads call this, with the bundle's own engine. */
export { measureBytes } from '../matrices/moduleMeasures';

/** The bundle has its own engine state, so the caller passes its engine, or `null`. Check the work before. */
export function spectrumWith(engine: Engine | null, factors: Factors): Spectrum {
  useEngine(engine);
  return moduleSpectrum(factors);
}

/** The measures of a module, under the same conditions. */
export function measuresWith(engine: Engine | null, factors: Factors): ModuleMeasures {
  useEngine(engine);
  return measureFactors(factors);
}

type Sides = readonly [Factors, Factors];

/** The spectrum of scaling * W1 kron W2, under the same conditions for both sides. */
export function kroneckerSpectrumWith(engine: Engine | null, sides: Sides, scaling: number): Spectrum {
  useEngine(engine);
  return kroneckerSpectrum(sides, scaling);
}

/** The measures of scaling * W1 kron W2, which has no A and B. */
export function kroneckerMeasuresWith(engine: Engine | null, sides: Sides, scaling: number): ModuleMeasures {
  const { singularValues, norm, effectiveRank, stableRank } = kroneckerSpectrumWith(engine, sides, scaling);
  return { ...NO_MEASURES, deltaNorm: norm, spectralNorm: singularValues[0] ?? 0, effectiveRank, stableRank };
}

/** The norm alone, of a module whose spectrum takes too much work. */
export async function normWith(engine: Engine | null, product: StoredProduct): Promise<ModuleMeasures> {
  useEngine(engine);
  const { a, b, delta } = await productNorms(product);
  return { ...NO_MEASURES, aNorm: a ?? NaN, bNorm: b ?? NaN, deltaNorm: delta };
}

const NO_MEASURES: ModuleMeasures = {
  deltaNorm: NaN,
  aNorm: NaN,
  bNorm: NaN,
  spectralNorm: NaN,
  effectiveRank: NaN,
  stableRank: NaN,
};
