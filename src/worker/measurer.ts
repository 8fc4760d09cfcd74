/** Threads that measure modules while the worker reads the next ones and answers other requests. */

import type { RequestOptions } from '../protocol/rpc';
import type { FactorBytes, ModuleMeasures } from '../matrices/moduleMeasures';

export interface MeasurerRequests {
  'factors/measure'(params: FactorBytes): ModuleMeasures;
}

export interface Measurer {
  /** Rejects with `DisconnectedError` if the thread died, or with `RemoteError` or `CancelledError`. */
  measure(factors: FactorBytes, options: RequestOptions): Promise<ModuleMeasures>;
  stop(): void;
}

/** Starts one measurer per processor. */
export type StartMeasurers = () => readonly Measurer[];
