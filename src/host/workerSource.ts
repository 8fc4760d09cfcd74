import type * as vscode from 'vscode';
import type { InspectorSnapshot } from '../protocol/inspector';
import { RemoteError } from '../protocol/rpc';
import type { Params, RequestOptions, Result } from '../protocol/rpc';
import type { OpenedSource, SourceId, SourceRequests, WorkerRequests } from '../protocol/worker';
import type { ShelvedSource, SourceShelf } from './sourceShelf';
import type { WorkerClient } from './workerClient';

interface WorkerSourceOptions {
  /** The address that needs the user's consent before a download; null once the user agreed. */
  readonly held?: () => string | null;
  /** The user agreed to the download. */
  readonly release?: () => void;
  /** Closes this source if it was not seen for long and others need the memory. */
  readonly shelf?: SourceShelf;
  /** The worker noticed while reading that the file changed. */
  readonly onChanged?: () => void;
}

/** Options for the request that opens the source. They keep it from staying open after the source was closed here. */
export type OpeningOptions = Required<Pick<RequestOptions<OpenedSource>, 'onLate'>> & { readonly signal: AbortSignal };

interface Opening {
  readonly opened: Promise<OpenedSource>;
  readonly controller: AbortController;
  /** The generation of the thread that opened it; `null` until it is open. */
  generation: number | null;
}

/**
 * One source, shared by all editors that show it. It opens in the worker on first use, and again after a reload or
 * after the worker was replaced.
 */
export class WorkerSource implements vscode.Disposable, ShelvedSource {
  private current: Opening | null = null;
  private disposed = false;
  private requests = 0;

  /** `open` opens the source in the worker. It is called for each opening. */
  constructor(
    private readonly worker: Pick<WorkerClient, 'request' | 'generation'>,
    private readonly open: (options: OpeningOptions) => Promise<OpenedSource>,
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

  async request<M extends keyof SourceRequests & string>(
    method: M,
    params: Params<SourceRequests[M]>,
    options?: RequestOptions,
  ): Promise<Result<WorkerRequests[M]>> {
    try {
      return await this.use((source) =>
        this.worker.request(method, { ...(params as object), source } as Params<WorkerRequests[M]>, options),
      );
    } catch (error) {
      if (error instanceof RemoteError && error.code === 'Changed') this.options.onChanged?.();
      throw error;
    }
  }

  /** Runs `work` with the id of the open source, which is not released meanwhile. */
  async use<T>(work: (source: SourceId) => Promise<T>): Promise<T> {
    this.requests++;
    try {
      return await work((await this.opened()).source);
    } finally {
      this.requests--;
      this.options.shelf?.trim();
    }
  }

  get busy(): boolean {
    return this.requests > 0;
  }

  /** Closes the source to save memory. The next request opens it again. */
  release(): void {
    void this.close();
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
      const opened = await opening.opened.catch((error: unknown) => {
        // A reload in another editor cancels this opening and begins the next.
        if (this.disposed || !opening.controller.signal.aborted) throw error;
        return null;
      });
      if (opened === null || this.current !== opening || opening.generation !== this.worker.generation) continue;
      this.options.shelf?.seen(this, opened.description.characters);
      return opened;
    }
  }

  private opening(): Opening {
    if (this.disposed) throw new Error('the inspector was closed');
    if ((this.options.held?.() ?? null) !== null) throw new Error('the user has not agreed to the download');
    const { current } = this;
    if (current && (current.generation === null || current.generation === this.worker.generation)) return current;
    const controller = new AbortController();
    const onLate = ({ source }: OpenedSource): void => void this.closeInWorker(source);
    const opened = this.open({ signal: controller.signal, onLate });
    const opening: Opening = { opened, controller, generation: null };
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
    this.options.shelf?.forget(this);
    current?.controller.abort();
    const opened = await current?.opened.catch(() => null);
    if (opened && current?.generation === this.worker.generation) await this.closeInWorker(opened.source);
  }

  /** A thread that died has closed it. */
  private async closeInWorker(source: SourceId): Promise<void> {
    await this.worker.request('source/close', { source }).catch(() => undefined);
  }
}
