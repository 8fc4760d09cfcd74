/** The entry of the planner thread: connects its message port to the handlers. */

import { localFolders } from '../files/folders';
import { nodeModelFiles } from '../files/nodeModelFiles';
import { parentTransport } from '../files/portTransport';
import type { PlannerQuestions, PlannerRequests } from '../protocol/planner';
import { Endpoint } from '../protocol/rpc';
import { hostFiles } from './hostFiles';
import { createPlannerJobs } from './plannerJobs';

const endpoint: Endpoint<PlannerQuestions, PlannerRequests> = new Endpoint(
  parentTransport(),
  createPlannerJobs({
    files: nodeModelFiles,
    folders: localFolders,
    host: hostFiles((method, params, options) => endpoint.request(method, params, options)),
    // Both stay imports of separate bundles beside this one (scripts/build.mjs).
    loadPython: () => import('./pythonReader.js'),
    loadPlans: () => import('./planReader.js'),
  }),
);
