/** The entry of the planner thread: connects its message port to the handlers. */

import { nodeModelFiles } from '../files/nodeModelFiles';
import { parentTransport } from '../files/portTransport';
import type { PlannerQuestions, PlannerRequests } from '../protocol/planner';
import { Endpoint } from '../protocol/rpc';
import { createPlannerJobs } from './plannerJobs';

const endpoint: Endpoint<PlannerQuestions, PlannerRequests> = new Endpoint(
  parentTransport(),
  createPlannerJobs({
    files: nodeModelFiles,
    host: {
      modelConfig: (uri) => endpoint.request('model/config', { uri }),
      weights: (uri) => endpoint.request('weights/read', { uri }),
    },
    // Both stay imports of separate bundles beside this one (scripts/build.mjs).
    loadPython: () => import('./pythonReader.js'),
    loadPlans: () => import('./planReader.js'),
  }),
);
