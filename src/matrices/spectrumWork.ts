/** The work of a module's spectrum, known from its sizes alone. */

import { CheckpointError } from '../checkpoint/errors';
import type { Factors } from './factors';

/**
 * Upper bound on the multiplications for the singular values of one module: about ten seconds without a chance to
 * cancel, or one second with the engine. Rank 512 of a 4096-wide layer passes.
 */
const MAX_SPECTRUM_PRODUCTS = 2 ** 33;
/** Sweeps of the Jacobi method times the work of one, in units of rank cubed. */
const SWEEP_PRODUCTS = 40;

type ProductSizes = Pick<Factors, 'rank' | 'inFeatures' | 'outFeatures'>;

/** Approximate number of multiplications. */
export function spectrumWork({ rank, inFeatures, outFeatures }: ProductSizes): number {
  return rank * rank * (inFeatures + outFeatures + SWEEP_PRODUCTS * rank);
}

/** Throws `CheckpointError` TooLarge. */
export function checkSpectrumWork(sizes: ProductSizes): void {
  const work = spectrumWork(sizes);
  if (work <= MAX_SPECTRUM_PRODUCTS) return;
  const message = `singular values at rank ${sizes.rank} take ${work} multiplications`;
  throw new CheckpointError('TooLarge', `${message}, at most ${MAX_SPECTRUM_PRODUCTS} are made`);
}
