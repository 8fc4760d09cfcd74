import { Worker } from 'node:worker_threads';
import type * as vscode from 'vscode';
import type { Message, Params, RequestOptions, Result, Transport } from '../protocol/rpc';
import { Endpoint } from '../protocol/rpc';
import type { WorkerRequests } from '../protocol/worker';

type NoRequests = Record<never, never>;

/**
 * The thread that reads files and runs the methods. It starts with the first request; when it dies, what was pending
 * is rejected, and the next request starts another. Sources are per thread: `generation` tells one from the next.
 */
export class WorkerClient implements vscode.Disposable {
  private running: { readonly worker: Worker; readonly endpoint: Endpoint<WorkerRequests, NoRequests> } | null = null;
  private starts = 0;
  private disposed = false;

  constructor(
    private readonly scriptPath: string,
    private readonly log: (line: string) => void,
  ) {}

  /** Counts the threads started so far: a source opened under another generation is gone. */
  get generation(): number {
    return this.starts;
  }

  /** Rejects with `RemoteError` (the job threw), `CancelledError`, or `DisconnectedError` (the thread died). */
  request<M extends keyof WorkerRequests & string>(
    method: M,
    params: Params<WorkerRequests[M]>,
    options?: RequestOptions,
  ): Promise<Result<WorkerRequests[M]>> {
    return this.endpoint().request(method, params, options);
  }

  dispose(): void {
    this.disposed = true;
    this.stop('PEFT Inspector was stopped');
  }

  private endpoint(): Endpoint<WorkerRequests, NoRequests> {
    if (this.disposed) throw new Error('PEFT Inspector was stopped');
    if (this.running) return this.running.endpoint;
    const worker = new Worker(this.scriptPath, { name: 'peft-inspector' });
    const endpoint = new Endpoint<WorkerRequests, NoRequests>(workerTransport(worker), {});
    this.running = { worker, endpoint };
    this.starts++;
    worker.on('error', (error) => this.died(worker, `the PEFT worker stopped: ${error instanceof Error ? error.message : String(error)}`));
    worker.on('exit', (code) => this.died(worker, `the PEFT worker exited with code ${code}`));
    return endpoint;
  }

  private died(worker: Worker, reason: string): void {
    if (this.running?.worker !== worker) return;
    this.log(`${reason}; the next request starts another`);
    this.stop(reason);
  }

  private stop(reason: string): void {
    const running = this.running;
    this.running = null;
    running?.endpoint.dispose(reason);
    void running?.worker.terminate();
  }
}

function workerTransport(worker: Worker): Transport {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (handler) => {
      const listener = (message: Message): void => handler(message);
      worker.on('message', listener);
      return () => void worker.off('message', listener);
    },
  };
}
