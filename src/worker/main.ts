/** The worker thread's entry: joins its message port to the jobs. */

import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { Endpoint } from '../protocol/rpc';
import type { WorkerRequests } from '../protocol/worker';
import { configureEngine } from '../tensor/engine/current';
import { createJobs } from './jobs';
import { nodeFiles } from './nodeFile';
import { parentTransport } from './portTransport';
import { spawnEngineThread } from './spawnEngineThread';

/** Beyond these the memory, not the arithmetic, is what limits; each has 8 MiB of scratch. */
const MAX_THREADS = 8;

configureEngine({
  threads: Math.min(availableParallelism(), MAX_THREADS),
  spawn: spawnEngineThread(path.join(__dirname, 'engineThread.js')),
});
new Endpoint<Record<never, never>, WorkerRequests>(parentTransport(), createJobs(nodeFiles));
