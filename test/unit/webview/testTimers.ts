/** Timers that run when the test advances time. */

import type { Timers } from '../../../webview-ui/shared/timers';

export class TestTimers implements Timers {
  ms = 0;
  private handles = 0;
  private readonly waiting = new Map<number, { readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.ms;
  }

  set(run: () => void, ms: number): number {
    this.waiting.set(++this.handles, { at: this.ms + ms, run });
    return this.handles;
  }

  clear(handle: number): void {
    this.waiting.delete(handle);
  }

  /** Runs the timers that fall due, in order. */
  pass(ms: number): void {
    const end = this.ms + ms;
    for (;;) {
      const due = [...this.waiting].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      const [handle, { at, run }] = due;
      this.waiting.delete(handle);
      this.ms = at;
      run();
    }
    this.ms = end;
  }
}
