/** The work of a module's spectrum, known from its sizes alone. */

import { CheckpointError } from '../checkpoint/errors';
import type { Factors } from './factors';

/**
 * Upper bound on the multiplications for the singular values of one module: about ten seconds without a chance to
 * cancel, or one second with the engine. Rank 512 of a 4096-wide layer passes.
 */
export const MAX_SPECTRUM_PRODUCTS = 2 ** 33;
/** Sweeps of the Jacobi method times the work of one, in units of rank cubed. */
const SWEEP_PRODUCTS = 40;

type ProductSizes = Pick<Factors, 'rank' | 'inFeatures' | 'outFeatures'>;

/** Approximate number of multiplications. */
export function spectrumWork({ rank, inFeatures, outFeatures }: ProductSizes): number {
  return rank * rank * (inFeatures + outFeatures + SWEEP_PRODUCTS * rank);
}

/** Throws `CheckpointError` TooLarge. */
export function checkSpectrumWork(sizes: ProductSizes): void {
  if (spectrumWork(sizes) > MAX_SPECTRUM_PRODUCTS) throw tooMuchWork(sizes);
}

export function tooMuchWork(sizes: ProductSizes): CheckpointError {
  const message = `singular values at rank ${sizes.rank} take ${spectrumWork(sizes)} multiplications`;
  return new CheckpointError('TooLarge', `${message}, at most ${MAX_SPECTRUM_PRODUCTS} are made`);
}
