/** Spectra and measures of LoRA modules: a bundle of its own, loaded with the first request for one. */

import type { Factors } from '../matrices/factors';
import { measureFactors } from '../matrices/moduleMeasures';
import type { ModuleMeasures } from '../matrices/moduleMeasures';
import { moduleSpectrum } from '../matrices/moduleSpectrum';
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
