/** The planner thread's entry: joins its message port to the jobs. */

import type { PlannerRequests } from '../protocol/planner';
import { Endpoint } from '../protocol/rpc';
import { parentTransport } from '../files/portTransport';
import { nodeModelFiles } from '../files/nodeModelFiles';
import { createPlannerJobs } from './plannerJobs';

new Endpoint<Record<never, never>, PlannerRequests>(
  parentTransport(),
  // These stay imports of the bundles beside this one (scripts/build.mjs).
  createPlannerJobs(
    nodeModelFiles,
    () => import('./pythonReader.js'),
    () => import('./planReader.js'),
  ),
);
