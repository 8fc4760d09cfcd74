/** A module's product with its inputs as the file stores them. */

import type { Product } from '../checkpoint/adapters/products';

/** Keeps the Gram matrix of an input that several modules share. */
export type GramCache = (part: string, make: () => Promise<Float64Array>) => Promise<Float64Array>;

export interface StoredProduct {
  readonly product: Product;
  readonly scaling: number;
  /** One input as a row-major matrix in float64. */
  readonly read: (part: string) => Promise<Float64Array>;
  readonly shared: GramCache;
}
