/** Repeats requests that fail for a reason that may pass, within a time for all attempts. */

import { withDeadline } from './deadline';
import { TransientError, network } from './httpRequest';
import type { HttpOptions } from './httpRequest';

export interface RangeOptions extends HttpOptions {
  /** Number of attempts before a request fails. */
  readonly attempts: number;
  /** Pause before the second attempt. It doubles with each further one. */
  readonly backoffMs: number;
  /** Maximum size of a file that is read whole, from a server without range support. */
  readonly maxWholeBytes: number;
  /** Time for a read with all its attempts, in ms. It grows with the bytes that arrive, by `leastBytesPerSecond`. */
  readonly deadlineMs: number;
  /** Slowest average of a transfer. */
  readonly leastBytesPerSecond: number;
}

export const DEFAULT_RANGES = {
  attempts: 4,
  backoffMs: 500,
  // Larger than any usual adapter, and still about a minute's download.
  maxWholeBytes: 256 * 2 ** 20,
  // Three stalls of DEFAULT_HTTP.
  deadlineMs: 60_000,
  // Half of a slow mobile connection. A heatmap takes minutes below it.
  leastBytesPerSecond: 64 * 2 ** 10,
} as const;

/** If a server asks for a longer wait, the request fails instead. */
const MAX_WAIT_MS = 30_000;

export interface Attempt {
  readonly options: RangeOptions;
  /** Aborts when the caller cancels, or when the time for all attempts is over. */
  readonly signal: AbortSignal;
  /** Counts bytes of the file that arrived. */
  readonly got: (bytes: number) => void;
}

/** Makes attempts until one succeeds or the time is over. The time that the user takes to reply does not count. */
export async function retrying<T>(
  url: string,
  options: RangeOptions,
  signal: AbortSignal | undefined,
  attempt: (context: Attempt) => Promise<T>,
): Promise<T> {
  let received = 0;
  let askedMs = 0;
  let askedSince: number | null = null;
  const waited = (): number => askedMs + (askedSince === null ? 0 : performance.now() - askedSince);
  const ms = (): number => options.deadlineMs + (1000 * received) / options.leastBytesPerSecond + waited();
  const error = (): Error => network(url, `sent ${received} bytes within ${Math.round((ms() - waited()) / 1000)} s`);
  const allowPrivate: HttpOptions['allowPrivate'] = async (redirect) => {
    askedSince = performance.now();
    try {
      return await options.allowPrivate(redirect);
    } finally {
      askedMs = waited();
      askedSince = null;
    }
  };
  const got = (bytes: number): void => void (received += bytes);
  return withDeadline({ ms, error, signal }, (until) =>
    repeated(url, options, until, () => attempt({ options: { ...options, allowPrivate }, signal: until, got })),
  );
}

async function repeated<T>(
  url: string,
  options: RangeOptions,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      const wait = error.retryAfterMs ?? options.backoffMs * 2 ** (tried - 1);
      if (tried >= options.attempts || wait > MAX_WAIT_MS) {
        throw network(url, `${error.message}${tried > 1 ? `, ${tried} times` : ''}. Try again later.`);
      }
      await pause(wait, signal);
    }
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
