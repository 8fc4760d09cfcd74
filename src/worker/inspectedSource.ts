/** A source that the worker holds open. */

import type { AdapterFiles } from '../checkpoint/loraAdapter';
import type { MatrixRef } from '../protocol/matrix';
import type { SourceDescription } from '../protocol/source';
import type { Factors } from './deltaMatrix';
import type { MatrixReader } from './matrixReader';

export interface InspectedSource {
  readonly description: SourceDescription;
  /** Rejects with `CheckpointError` where the source has no such matrix or its data is damaged. */
  matrix(ref: MatrixRef, signal?: AbortSignal): Promise<MatrixReader>;
  /** Of a LoRA module; `step` as in a `MatrixRef`. Rejects likewise. */
  factors(module: string, step?: number, signal?: AbortSignal): Promise<Factors>;
  /** What it holds as an adapter that can be saved; missing where it is a file already. */
  adapter?(): AdapterFiles;
  close(): Promise<void>;
}
