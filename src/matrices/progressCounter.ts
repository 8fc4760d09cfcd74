/** Reports the progress of a count now and then, so that reporting costs nothing beside the work. */

import type { Progress } from '../protocol/rpc';

interface CounterOptions {
  readonly intervalMs?: number;
  /** Reports nothing before the first interval is over, and no end: for many short counts in a row. */
  readonly onlyLong?: boolean;
}

/** Returns a function that adds entries to the count. By default the first and the last call always report. */
export function progressCounter(
  total: number,
  progress: (progress: Progress) => void,
  { intervalMs = 40, onlyLong = false }: CounterOptions = {},
): (entries: number) => void {
  let done = 0;
  let reported = onlyLong ? performance.now() : -Infinity;
  return (entries) => {
    done += entries;
    const isLast = done >= total && !onlyLong;
    if (!isLast && performance.now() - reported < intervalMs) return;
    reported = performance.now();
    progress({ done, total });
  };
}
