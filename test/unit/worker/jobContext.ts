/** Calls jobs as the worker's endpoint would, without a thread. */

import { unpackDescription } from '../../../src/protocol/packedDescription';
import type { PackedDescription } from '../../../src/protocol/packedDescription';
import type { Params, Progress, RequestContext, Result } from '../../../src/protocol/rpc';
import type { SourceDescription } from '../../../src/protocol/source';
import type { OpenedSource, WorkerRequests } from '../../../src/protocol/worker';
import { createJobs } from '../../../src/worker/jobs';
import { nodeFiles } from '../../../src/files/nodeFile';

export interface Called {
  readonly progress: Progress[];
  readonly transferred: ArrayBuffer[];
}

type Call = <M extends keyof WorkerRequests>(
  method: M,
  params: Params<WorkerRequests[M]>,
  signal?: AbortSignal,
  called?: Called,
) => Promise<Unpacked<Result<WorkerRequests[M]>>>;

/** The result with its description unpacked to an object, as a page has it. */
export type Unpacked<R> = R extends { readonly description: PackedDescription }
  ? Omit<R, 'description'> & { readonly description: SourceDescription }
  : R;

export async function unpacked<R>(result: R): Promise<Unpacked<R>> {
  const { description } = { ...result } as Partial<OpenedSource>;
  return (description ? { ...result, description: await unpackDescription(description) } : result) as Unpacked<R>;
}

export function jobCaller(files = nodeFiles): Call & { closeAll(): Promise<void> } {
  const jobs = createJobs(files);
  const open = new Set<number>();
  const call: Call = async <M extends keyof WorkerRequests>(
    method: M,
    params: Params<WorkerRequests[M]>,
    signal: AbortSignal = new AbortController().signal,
    called: Called = { progress: [], transferred: [] },
  ): Promise<Unpacked<Result<WorkerRequests[M]>>> => {
    const context: RequestContext = {
      signal,
      progress: (progress) => void called.progress.push(progress),
      transfer: (buffer) => void called.transferred.push(buffer),
    };
    const result = (await jobs[method](params as never, context)) as Result<WorkerRequests[M]>;
    if (method === 'checkpoint/open') open.add((result as OpenedSource).source);
    if (method === 'source/close') open.delete((params as { source: number }).source);
    return unpacked(result);
  };
  /** The garbage collector closes a file that was left open and prints a warning. */
  const closeAll = async (): Promise<void> => {
    for (const source of open) await call('source/close', { source });
  };
  return Object.assign(call, { closeAll });
}

export type Opened = Unpacked<OpenedSource>;
