/** The browser's clock and timers, which a test replaces. */

export interface Timers {
  /** Milliseconds since a fixed moment. */
  now(): number;
  /** Calls back once after `ms` milliseconds; returns a handle. */
  set(run: () => void, ms: number): number;
  clear(handle: number): void;
}

export const BROWSER_TIMERS: Timers = {
  now: () => performance.now(),
  set: (run, ms) => window.setTimeout(run, ms),
  clear: (handle) => window.clearTimeout(handle),
};
