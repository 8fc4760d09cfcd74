import { Worker } from 'node:worker_threads';
import type * as vscode from 'vscode';
import type { PlannerQuestions, PlannerRequests } from '../protocol/planner';
import type { Handlers, Message, Params, RequestMap, RequestOptions, Result, Transport } from '../protocol/rpc';
import { Endpoint } from '../protocol/rpc';
import type { EditorRequests, WorkerRequests } from '../protocol/worker';

/** The thread that counts budgets and reads adapter configs. */
export type PlannerClient = WorkerClient<PlannerRequests, PlannerQuestions>;

/**
 * A thread that answers the requests `R` and sends the requests `A`: the worker, which reads weights, or the planner.
 * The first request starts the thread. If the thread dies, pending requests are rejected and the next request starts
 * another thread, which lacks the sources that the dead one had open. `generation` distinguishes the threads.
 */
export class WorkerClient<R extends RequestMap<R> = WorkerRequests, A extends RequestMap<A> = EditorRequests>
  implements vscode.Disposable
{
  private running: { readonly worker: Worker; readonly endpoint: Endpoint<R, A> } | null = null;
  private changes = 0;
  private disposed = false;

  constructor(
    private readonly scriptPath: string,
    private readonly log: (line: string) => void,
    private readonly handlers: Handlers<A>,
    /** The name in logs and debuggers. */
    private readonly name = 'PEFT worker',
  ) {}

  /** Changes when a thread starts and when it ends. A source that was opened under another generation is gone. */
  get generation(): number {
    return this.changes;
  }

  /** Rejects with `RemoteError` (the job threw), `CancelledError`, or `DisconnectedError` (the thread died). */
  request<M extends keyof R & string>(
    method: M,
    params: Params<R[M]>,
    options?: RequestOptions<Result<R[M]>>,
  ): Promise<Result<R[M]>> {
    return this.endpoint().request(method, params, options);
  }

  dispose(): void {
    this.disposed = true;
    this.stop('PEFT Inspector was stopped');
  }

  private endpoint(): Endpoint<R, A> {
    if (this.disposed) throw new Error('PEFT Inspector was stopped');
    if (this.running) return this.running.endpoint;
    const worker = new Worker(this.scriptPath, { name: this.name });
    const endpoint = new Endpoint<R, A>(workerTransport(worker), this.handlers);
    this.running = { worker, endpoint };
    this.changes++;
    const stopped = (how: string): void => this.died(worker, `the ${this.name} ${how}`);
    worker.on('error', (error) => stopped(`stopped: ${error instanceof Error ? error.message : String(error)}`));
    worker.on('exit', (code) => stopped(`exited with code ${code}`));
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
    if (running) this.changes++;
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
