/** Runs work with a deadline and a signal. */

interface Deadline {
  /** The time from the start, in ms, asked again whenever it has passed: it may grow with what arrives. */
  readonly ms: () => number;
  /** The error to reject with once the time is over. */
  readonly error: () => Error;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `work` with a signal that aborts with `signal` or when the time is over, and rejects with the reason even if
 * the work goes on: a call of the file system cannot be stopped.
 */
export async function withDeadline<T>(
  { ms, error, signal }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const started = performance.now();
  const check = (): void => {
    const left = started + ms() - performance.now();
    if (left <= 0) stop.abort(error());
    else timer = setTimeout(check, left);
  };
  let timer = setTimeout(check, ms());
  const cancel = (): void => stop.abort(signal!.reason);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await new Promise<T>((resolve, reject) => {
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Error), { once: true });
      work(stop.signal).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
}
