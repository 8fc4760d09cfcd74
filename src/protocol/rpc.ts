/**
 * Requests, replies and events over any two-way channel, typed from one interface per channel.
 *
 * An error in a handler rejects the caller's promise. A cancelled request rejects at once and aborts the handler's
 * signal. Disposing rejects every pending request of this side and aborts every running handler. Only a `Transport`
 * depends on threads, webviews or the editor.
 */

/** Maps a method name to `(params) => result`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a constraint only: any function of one parameter
export type RequestMap<R> = { [M in keyof R]: (params: any) => unknown };
export type Params<F> = F extends (params: infer P) => unknown ? P : never;
export type Result<F> = F extends (params: never) => infer T ? T : never;

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly message?: string;
  /** The result so far, if the method documents that it reports one. */
  readonly partial?: unknown;
}

export interface RequestContext {
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
  /** Moves the buffer with the reply instead of copying it. The handler must not use the buffer again. */
  transfer(buffer: ArrayBuffer): void;
}

export type Handlers<R extends RequestMap<R>> = {
  [M in keyof R]: (params: Params<R[M]>, context: RequestContext) => Result<R[M]> | Promise<Result<R[M]>>;
};

/** The messages of a channel. */
export type Message =
  | { readonly kind: 'request'; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly kind: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'reply'; readonly id: number; readonly failure: Failure }
  | { readonly kind: 'event'; readonly name: string; readonly payload: unknown }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly kind: 'cancel'; readonly id: number };

export interface Failure {
  readonly name: string;
  readonly message: string;
  /** The code of errors that have one, such as a `CheckpointErrorCode`. */
  readonly code?: string;
}

export interface Transport {
  /** Moves the buffers in `transfer` if the channel can, which detaches them. */
  post(message: Message, transfer: readonly ArrayBuffer[]): void;
  /** Returns a function that stops listening. */
  listen(handler: (message: Message) => void): () => void;
}

/** An error from the other side, with its `name`, `message` and `code`. */
export class RemoteError extends Error {
  readonly code: string | undefined;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = failure.name;
    this.code = failure.code;
  }
}

export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  constructor(message = 'cancelled') {
    super(message);
  }
}

export class DisconnectedError extends Error {
  override readonly name = 'DisconnectedError';
}

export interface RequestOptions<T = unknown> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Receives a result that was on its way when the request was cancelled: a result that stands for something open must
   * be closed.
   */
  readonly onLate?: ((result: T) => void) | undefined;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
  onProgress: ((progress: Progress) => void) | undefined;
}

/**
 * One end of a channel.
 * The other side answers the requests in `Theirs`, and this side answers those in `Ours`. `Sent` and `Heard` are the
 * events in each direction.
 */
export class Endpoint<
  Theirs extends RequestMap<Theirs>,
  Ours extends RequestMap<Ours>,
  Sent extends object = Record<never, never>,
  Heard extends object = Record<never, never>,
> {
  private nextId = 1;
  private disposed: Error | null = null;
  private readonly pending = new Map<number, Pending>();
  /** Receivers of the results of cancelled requests, until the other side has replied. */
  private readonly late = new Map<number, (result: unknown) => void>();
  private readonly running = new Map<number, AbortController>();
  private readonly listeners = new Map<string, Set<(payload: never) => void>>();
  private readonly stopListening: () => void;

  constructor(
    private readonly transport: Transport,
    private readonly handlers: Handlers<Ours>,
  ) {
    this.stopListening = transport.listen((message) => this.receive(message));
  }

  /** Rejects with `RemoteError`, `CancelledError` or `DisconnectedError`. */
  request<M extends keyof Theirs & string>(
    method: M,
    params: Params<Theirs[M]>,
    options: RequestOptions<Result<Theirs[M]>> = {},
  ): Promise<Result<Theirs[M]>> {
    const { signal, onProgress, onLate } = options;
    if (this.disposed) return Promise.reject(this.disposed);
    if (signal?.aborted) return Promise.reject(new CancelledError());
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.pending.delete(id);
        if (onLate) this.late.set(id, onLate as (result: unknown) => void);
        this.transport.post({ kind: 'cancel', id }, []);
        reject(new CancelledError());
      };
      signal?.addEventListener('abort', cancel, { once: true });
      const settled = (): void => signal?.removeEventListener('abort', cancel);
      this.pending.set(id, {
        resolve: (result) => (settled(), resolve(result as Result<Theirs[M]>)),
        reject: (error) => (settled(), reject(error)),
        onProgress,
      });
      try {
        this.transport.post({ kind: 'request', id, method, params }, []);
      } catch (error) {
        this.pending.delete(id);
        settled();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  emit<E extends keyof Sent & string>(name: E, payload: Sent[E]): void {
    if (!this.disposed) this.transport.post({ kind: 'event', name, payload }, []);
  }

  /** Returns a function that removes the listener. */
  on<E extends keyof Heard & string>(name: E, listener: (payload: Heard[E]) => void): () => void {
    const listeners = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  dispose(reason = 'the channel was closed'): void {
    if (this.disposed) return;
    this.disposed = new DisconnectedError(reason);
    this.stopListening();
    for (const { reject } of this.pending.values()) reject(this.disposed);
    for (const controller of this.running.values()) controller.abort(this.disposed);
    this.pending.clear();
    this.late.clear();
    this.running.clear();
    this.listeners.clear();
  }

  private receive(message: Message): void {
    switch (message.kind) {
      case 'request':
        void this.answer(message.id, message.method, message.params);
        return;
      case 'reply':
        this.settle(message);
        return;
      case 'progress':
        this.pending.get(message.id)?.onProgress?.(message.progress);
        return;
      case 'event':
        for (const listener of this.listeners.get(message.name) ?? []) listener(message.payload as never);
        return;
      case 'cancel':
        this.running.get(message.id)?.abort(new CancelledError());
        return;
    }
  }

  private settle(message: Message & { readonly kind: 'reply' }): void {
    const pending = this.pending.get(message.id);
    const late = this.late.get(message.id);
    this.pending.delete(message.id);
    this.late.delete(message.id);
    if ('failure' in message) pending?.reject(new RemoteError(message.failure));
    else if (pending) pending.resolve(message.result);
    else late?.(message.result);
  }

  /** Replies even to a cancelled request, so that the other side knows that nothing follows. */
  private async answer(id: number, method: string, params: unknown): Promise<void> {
    const controller = new AbortController();
    this.running.set(id, controller);
    const transfer: ArrayBuffer[] = [];
    const context: RequestContext = {
      signal: controller.signal,
      progress: (progress) => {
        if (!controller.signal.aborted) this.transport.post({ kind: 'progress', id, progress }, []);
      },
      transfer: (buffer) => void transfer.push(buffer),
    };
    try {
      const handler = Object.hasOwn(this.handlers, method) ? this.handlers[method as keyof Ours] : undefined;
      if (!handler) throw new Error(`no handler for '${method}'`);
      const result = await handler(params as never, context);
      controller.signal.throwIfAborted();
      this.transport.post({ kind: 'reply', id, result }, transfer);
    } catch (error) {
      const cause: unknown = controller.signal.aborted ? controller.signal.reason : error;
      if (!this.disposed) this.transport.post({ kind: 'reply', id, failure: toFailure(cause) }, []);
    } finally {
      this.running.delete(id);
    }
  }
}

function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { name, message, ...(code !== undefined && { code }) };
}
