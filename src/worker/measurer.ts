/** Threads beside the worker that measure modules, while the worker reads the next ones and answers what else is asked. */

import type { RequestOptions } from '../protocol/rpc';
import type { FactorBytes, ModuleMeasures } from '../matrices/moduleMeasures';

export interface MeasurerRequests {
  'factors/measure'(params: FactorBytes): ModuleMeasures;
}

export interface Measurer {
  /** Rejects with `DisconnectedError` where the thread died, `RemoteError`, or `CancelledError`. */
  measure(factors: FactorBytes, options: RequestOptions): Promise<ModuleMeasures>;
  stop(): void;
}

/** Starts one for each processor. */
export type StartMeasurers = () => readonly Measurer[];
