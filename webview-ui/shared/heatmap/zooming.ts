/** Tells whether a view is being zoomed: what is made for a size that lasts a frame is thrown away. No DOM. */

import { BROWSER_TIMERS } from '../timers';
import type { Timers } from '../timers';

/** A zoom is over when the size has been the same for so long. */
const REST_MS = 80;
/** A zoom without an end gets tiles now and then. */
const PATIENCE_MS = 1000;
/** What a pan changes a size by, in rounding. */
const SAME = 1e-6;

export class Zooming {
  private size = NaN;
  private changedAt = -Infinity;
  private heldSince = 0;
  private timer: number | undefined;

  /** `rested` is called when a zoom may be over. */
  constructor(
    private readonly rested: () => void,
    private readonly timers: Timers = BROWSER_TIMERS,
  ) {}

  /**
   * With each draw, the entries to a pixel. `moving`: what is at hand should do. `hold`: reads are to wait, too.
   */
  at(size: number): { readonly moving: boolean; readonly hold: boolean } {
    const now = this.timers.now();
    const first = Number.isNaN(this.size);
    if (!(Math.abs(size / this.size - 1) < SAME)) {
      if (now - this.changedAt >= REST_MS) this.heldSince = now;
      this.size = size;
      if (!first) this.changedAt = now;
    }
    if (now - this.changedAt >= REST_MS) return { moving: false, hold: false };
    this.timer ??= this.timers.set(() => {
      this.timer = undefined;
      this.rested();
    }, REST_MS);
    if (now - this.heldSince < PATIENCE_MS) return { moving: true, hold: true };
    this.heldSince = now;
    return { moving: true, hold: false };
  }

  /** Another matrix: its first size is no zoom. */
  reset(): void {
    if (this.timer !== undefined) this.timers.clear(this.timer);
    this.timer = undefined;
    this.size = NaN;
    this.changedAt = -Infinity;
  }
}
