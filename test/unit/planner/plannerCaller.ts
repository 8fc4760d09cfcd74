/** Calls the planner's jobs as its endpoint would, without a thread. */

import type { PlannerRequests } from '../../../src/protocol/planner';
import type { Params, RequestContext, Result } from '../../../src/protocol/rpc';
import { nodeModelFiles } from '../../../src/files/nodeModelFiles';
import { createPlannerJobs } from '../../../src/planner/plannerJobs';

export type PlannerCall = <M extends keyof PlannerRequests>(
  method: M,
  params: Params<PlannerRequests[M]>,
) => Promise<Result<PlannerRequests[M]>>;

export function plannerCaller(files = nodeModelFiles): PlannerCall {
  const jobs = createPlannerJobs(
    files,
    () => import('../../../src/planner/pythonReader'),
    () => import('../../../src/planner/planReader'),
  );
  const context: RequestContext = {
    signal: new AbortController().signal,
    progress: () => undefined,
    transfer: () => undefined,
  };
  return async (method, params) => jobs[method](params as never, context);
}

/** No folder and no workspace. */
export const NOWHERE = { folder: null, localFolder: null, workspace: [] };
