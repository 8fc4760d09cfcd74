/** Calls the planner's handlers as its endpoint does, without a thread. */

import type { PlannerRequests } from '../../../src/protocol/planner';
import type { Params, RequestContext, Result } from '../../../src/protocol/rpc';
import { localFolders } from '../../../src/files/folders';
import { nodeModelFiles } from '../../../src/files/nodeModelFiles';
import type { HostFiles } from '../../../src/planner/hostFiles';
import { createPlannerJobs } from '../../../src/planner/plannerJobs';
import { TestHost } from './testHost';

export type PlannerCall = <M extends keyof PlannerRequests>(
  method: M,
  params: Params<PlannerRequests[M]>,
) => Promise<Result<PlannerRequests[M]>>;

export function plannerJobs(host: HostFiles = new TestHost()): ReturnType<typeof createPlannerJobs> {
  return createPlannerJobs({
    files: nodeModelFiles,
    folders: localFolders,
    host,
    loadPython: () => import('../../../src/planner/pythonReader'),
    loadPlans: () => import('../../../src/planner/planReader'),
  });
}

export function plannerCaller(host?: TestHost): PlannerCall {
  const jobs = plannerJobs(host);
  const context: RequestContext = {
    signal: new AbortController().signal,
    progress: () => undefined,
    transfer: () => undefined,
  };
  return async (method, params) => jobs[method](params as never, context);
}

/** A file without a folder, in an empty workspace. */
export const NOWHERE = { folder: null, localFolder: null, workspace: [] };
