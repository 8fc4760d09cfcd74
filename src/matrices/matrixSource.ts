/** An open source of matrices: a checkpoint or the demo. */

import type { StoredType } from '../checkpoint/dtypes';
import type { AdapterFiles } from '../checkpoint/adapters/loraAdapter';
import type { MatrixRef } from '../protocol/matrix';
import type { SourceDescription } from '../checkpoint/sourceDescription';
import type { Factors } from './factors';
import type { MatrixReader } from './matrixReader';
import type { FactorSizes } from './moduleSpectrum';
import type { StoredProduct } from './storedProduct';

/** Entries that are contiguous in a file. */
export interface StoredRun {
  readonly dtype: StoredType;
  readonly byteLength: number;
  /** Fills `target`, which has `byteLength` and may be shared memory. */
  readInto(target: Uint8Array, signal?: AbortSignal): Promise<void>;
}

/** Factors that the file stores in the product's layout: A (rank, inFeatures), B (outFeatures, rank), row-major. */
export interface StoredFactors extends FactorSizes {
  readonly a: StoredRun;
  readonly b: StoredRun;
}

export interface MatrixSource {
  readonly description: SourceDescription;
  /** Rejects with `CheckpointError` if the source has no such matrix or its data is damaged. */
  matrix(ref: MatrixRef, signal?: AbortSignal): Promise<MatrixReader>;
  /** The factors of a LoRA module. `step` is that of a `MatrixRef`. Rejects as `matrix` does. */
  factors(module: string, step?: number, signal?: AbortSignal): Promise<Factors>;
  /** A module's factors without reading them; `null` if they must be computed. Throws what `factors` rejects with. */
  storedFactors?(module: string): StoredFactors | null;
  /** A LoRA module's product with its inputs as they are stored. Throws what `factors` rejects with. */
  storedProduct?(module: string, signal?: AbortSignal): StoredProduct;
  /** Both sides of a module's Kronecker product, without its scaling, each as a product; `null` for other products. */
  kroneckerFactors?(module: string, signal?: AbortSignal): Promise<readonly [Factors, Factors] | null>;
  /** The names of the tensors that a module's change is a product of; empty if it is not a product. */
  productInputs?(module: string): readonly string[];
  /** The source as an adapter that can be saved. Missing for sources that are files. */
  adapter?(): AdapterFiles;
  /** Frees what can be read again. The source stays open. */
  freeCaches?(): void;
  close(): Promise<void>;
}
