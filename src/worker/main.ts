/** The worker thread's entry: joins its message port to the jobs. */

import { Endpoint } from '../protocol/rpc';
import type { WorkerRequests } from '../protocol/worker';
import { createJobs } from './jobs';
import { nodeFiles } from './nodeFile';
import { parentTransport } from './portTransport';

new Endpoint<Record<never, never>, WorkerRequests>(parentTransport(), createJobs(nodeFiles));
