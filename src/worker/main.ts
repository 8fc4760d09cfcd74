/** Entry of the worker thread: connects its message port to the jobs. */

import { Endpoint } from '../protocol/rpc';
import type { EditorRequests, WorkerRequests } from '../protocol/worker';
import { configureEngine } from '../tensor/engine/current';
import { lateFarFiles } from '../files/loadFarFiles';
import { createJobs } from './jobs';
import type { MeasurerRequests } from './measurer';
import { nodeFiles } from '../files/nodeFile';
import { parentTransport } from '../files/portTransport';
import { routedFiles } from '../files/routedFiles';
import { engineThreads } from './spawnEngineThread';
import { isMeasurer, spawnMeasurers } from './spawnMeasurer';

if (isMeasurer()) {
  new Endpoint<Record<never, never>, MeasurerRequests>(parentTransport(), {
    'factors/measure': async (factors) => (await import('./spectra.js')).measureBytes(factors),
  });
} else {
  configureEngine(engineThreads());
  const files = routedFiles(
    nodeFiles,
    lateFarFiles((method, params, options) => host.request(method, params, options)),
  );
  const host = new Endpoint<EditorRequests, WorkerRequests>(parentTransport(), createJobs(files, spawnMeasurers));
}
