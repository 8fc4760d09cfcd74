import type * as vscode from 'vscode';
import type { InspectorSnapshot } from '../protocol/inspector';
import type { MatrixRequests } from '../protocol/matrix';
import { RemoteError } from '../protocol/rpc';
import type { Params, RequestOptions, Result } from '../protocol/rpc';
import type { OpenedSource, SourceId, WorkerRequests } from '../protocol/worker';
import type { WorkerClient } from './workerClient';

interface WorkerSourceOptions {
  /** The address that needs the user's consent before a download; null once the user agreed. */
  readonly held?: () => string | null;
  /** The user agreed to the download. */
  readonly release?: () => void;
  /** The worker noticed while reading that the file changed. */
  readonly onChanged?: () => void;
}

interface Opening {
  readonly opened: Promise<OpenedSource>;
  /** The generation of the thread that opened it; `null` until it is open. */
  generation: number | null;
}

/**
 * One source, shared by all editors that show it. It opens in the worker on first use, and again after a reload or
 * after the worker was replaced.
 */
export class WorkerSource implements vscode.Disposable {
  private current: Opening | null = null;
  private disposed = false;

  /** `open` opens the source in the worker. It is called for each opening. */
  constructor(
    private readonly worker: WorkerClient,
    private readonly open: () => Promise<OpenedSource>,
    private readonly options: WorkerSourceOptions = {},
  ) {}

  /** Never rejects: the snapshot's `failure` holds the error. */
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

  /**
   * Opens the source in the current thread, where an id from an earlier thread is unknown or belongs to another source.
   */
  private async opened(): Promise<OpenedSource> {
    for (;;) {
      const opening = this.opening();
      const source = await opening.opened;
      if (opening.generation === this.worker.generation) return source;
    }
  }

  private opening(): Opening {
    if (this.disposed) throw new Error('the inspector was closed');
    if ((this.options.held?.() ?? null) !== null) throw new Error('the user has not agreed to the download');
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
