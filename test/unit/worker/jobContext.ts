/** Calls jobs as the worker's endpoint would, without a thread. */

import type { Params, Progress, RequestContext, Result } from '../../../src/protocol/rpc';
import type { OpenedSource, WorkerRequests } from '../../../src/protocol/worker';
import { createJobs } from '../../../src/worker/jobs';
import { nodeFiles } from '../../../src/worker/nodeFile';

export interface Called {
  readonly progress: Progress[];
  readonly transferred: ArrayBuffer[];
}

export type Call = <M extends keyof WorkerRequests>(
  method: M,
  params: Params<WorkerRequests[M]>,
  signal?: AbortSignal,
  called?: Called,
) => Promise<Result<WorkerRequests[M]>>;

export function jobCaller(files = nodeFiles): Call & { closeAll(): Promise<void> } {
  const jobs = createJobs(files);
  const open = new Set<number>();
  const call: Call = async <M extends keyof WorkerRequests>(
    method: M,
    params: Params<WorkerRequests[M]>,
    signal: AbortSignal = new AbortController().signal,
    called: Called = { progress: [], transferred: [] },
  ): Promise<Result<WorkerRequests[M]>> => {
    const context: RequestContext = {
      signal,
      progress: (progress) => void called.progress.push(progress),
      transfer: (buffer) => void called.transferred.push(buffer),
    };
    const result = (await jobs[method](params as never, context)) as Result<WorkerRequests[M]>;
    if (method === 'checkpoint/open') open.add((result as OpenedSource).source);
    if (method === 'source/close') open.delete((params as { source: number }).source);
    return result;
  };
  /** A file left open is closed by the garbage collector, with a warning. */
  const closeAll = async (): Promise<void> => {
    for (const source of open) await call('source/close', { source });
  };
  return Object.assign(call, { closeAll });
}
