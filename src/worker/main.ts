/** The worker thread's entry: joins its message port to the jobs. */

import { Endpoint } from '../protocol/rpc';
import type { WorkerRequests } from '../protocol/worker';
import { configureEngine } from '../tensor/engine/current';
import { createJobs } from './jobs';
import type { MeasurerRequests } from './measurer';
import { measureBytes } from './moduleMeasures';
import { nodeFiles } from './nodeFile';
import { parentTransport } from './portTransport';
import { engineThreads } from './spawnEngineThread';
import { isMeasurer, spawnMeasurers } from './spawnMeasurer';

if (isMeasurer()) {
  new Endpoint<Record<never, never>, MeasurerRequests>(parentTransport(), { 'factors/measure': measureBytes });
} else {
  configureEngine(engineThreads());
  new Endpoint<Record<never, never>, WorkerRequests>(parentTransport(), createJobs(nodeFiles, spawnMeasurers));
}
