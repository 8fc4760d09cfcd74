import type * as vscode from 'vscode';
import type { InspectorSnapshot } from '../protocol/inspector';
import type { MatrixRequests } from '../protocol/matrix';
import { RemoteError } from '../protocol/rpc';
import type { Params, RequestOptions, Result } from '../protocol/rpc';
import type { OpenedSource, SourceId, WorkerRequests } from '../protocol/worker';
import type { WorkerClient } from './workerClient';

interface WorkerSourceOptions {
  /** The address to ask about before anything is fetched; null once somebody asked for it. */
  readonly held?: () => string | null;
  /** Somebody asked for what is held. */
  readonly release?: () => void;
  /** The worker found, while reading, that the file is not what it opened. */
  readonly onChanged?: () => void;
}

interface Opening {
  readonly opened: Promise<OpenedSource>;
  /** Of the thread that opened it; null until it has. */
  generation: number | null;
}

/**
 * One thing under inspection, however many editors show it: opened in the worker on first use, and again after a
 * reload or when the worker was replaced.
 */
export class WorkerSource implements vscode.Disposable {
  private current: Opening | null = null;
  private disposed = false;

  /** `open` opens it in the worker; it is called anew for each (re)opening. */
  constructor(
    private readonly worker: WorkerClient,
    private readonly open: () => Promise<OpenedSource>,
    private readonly options: WorkerSourceOptions = {},
  ) {}

  /** Never rejects: what went wrong is the snapshot's `failure`. */
  async snapshot(): Promise<InspectorSnapshot> {
    const held = this.options.held?.() ?? null;
    if (held !== null) return { source: null, failure: null, held };
    try {
      return { source: (await this.opened()).description, failure: null };
    } catch (error) {
      return { source: null, failure: error instanceof Error ? error.message : String(error) };
    }
  }

  async reload(): Promise<InspectorSnapshot> {
    this.options.release?.();
    await this.close();
    return this.snapshot();
  }

  async request<M extends keyof MatrixRequests & string>(
    method: M,
    params: Params<MatrixRequests[M]>,
    options?: RequestOptions,
  ): Promise<Result<WorkerRequests[M]>> {
    const { source } = await this.opened();
    try {
      return await this.worker.request(method, { ...(params as object), source } as Params<WorkerRequests[M]>, options);
    } catch (error) {
      if (error instanceof RemoteError && error.code === 'Changed') this.options.onChanged?.();
      throw error;
    }
  }

  async sourceId(): Promise<SourceId> {
    return (await this.opened()).source;
  }

  dispose(): void {
    this.disposed = true;
    void this.close();
  }

  /** In the thread that runs now: ids of another mean nothing to it, or something else. */
  private async opened(): Promise<OpenedSource> {
    for (;;) {
      const opening = this.opening();
      const source = await opening.opened;
      if (opening.generation === this.worker.generation) return source;
    }
  }

  private opening(): Opening {
    if (this.disposed) throw new Error('the inspector was closed');
    if ((this.options.held?.() ?? null) !== null) throw new Error('the file was not asked to be fetched');
    const { current } = this;
    if (current && (current.generation === null || current.generation === this.worker.generation)) return current;
    const opening: Opening = { opened: this.open(), generation: null };
    this.current = opening;
    opening.opened.then(
      () => {
        opening.generation = this.worker.generation;
      },
      () => {
        if (this.current === opening) this.current = null;
      },
    );
    return opening;
  }

  private async close(): Promise<void> {
    const current = this.current;
    this.current = null;
    const opened = await current?.opened.catch(() => null);
    if (opened && current?.generation === this.worker.generation)
      await this.worker.request('source/close', { source: opened.source }).catch(() => undefined);
  }
}
