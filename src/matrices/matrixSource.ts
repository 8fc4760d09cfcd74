/** A source that the worker holds open. */

import type { StoredType } from '../checkpoint/dtypes';
import type { AdapterFiles } from '../checkpoint/adapters/loraAdapter';
import type { MatrixRef } from '../protocol/matrix';
import type { SourceDescription } from '../checkpoint/sourceDescription';
import type { Factors } from './factors';
import type { MatrixReader } from './matrixReader';
import type { FactorSizes } from './moduleSpectrum';

/** Entries that stand one after another in a file. */
export interface StoredRun {
  readonly dtype: StoredType;
  readonly byteLength: number;
  /** Fills `target`, which has `byteLength` and may be shared memory. */
  readInto(target: Uint8Array, signal?: AbortSignal): Promise<void>;
}

/** Factors that the file stores as the product takes them: A (rank, inFeatures), B (outFeatures, rank), row-major. */
export interface StoredFactors extends FactorSizes {
  readonly a: StoredRun;
  readonly b: StoredRun;
}

export interface MatrixSource {
  readonly description: SourceDescription;
  /** Rejects with `CheckpointError` where the source has no such matrix or its data is damaged. */
  matrix(ref: MatrixRef, signal?: AbortSignal): Promise<MatrixReader>;
  /** Of a LoRA module; `step` as in a `MatrixRef`. Rejects likewise. */
  factors(module: string, step?: number, signal?: AbortSignal): Promise<Factors>;
  /** A module's factors unread; null where they have to be put together, as `factors` does. Throws as that rejects. */
  storedFactors?(module: string): StoredFactors | null;
  /** What it holds as an adapter that can be saved; missing where it is a file already. */
  adapter?(): AdapterFiles;
  close(): Promise<void>;
}
