/** Detects that a view is being zoomed. Tiles made for a size that lasts one frame would be thrown away. No DOM. */

import { BROWSER_TIMERS } from '../timers';
import type { Timers } from '../timers';

/** A zoom is over once the size has not changed for this long. */
const REST_MS = 80;
/** A zoom that does not end may read tiles this often. */
const PATIENCE_MS = 1000;
/** Relative change of the size that a pan causes by rounding. */
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
   * Call with each draw; `size` is the number of entries per pixel. `moving`: the tiles at hand should do. `hold`:
   * reads should wait, too.
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

  /** Starts over for another matrix, whose first size is not a zoom. */
  reset(): void {
    if (this.timer !== undefined) this.timers.clear(this.timer);
    this.timer = undefined;
    this.size = NaN;
    this.changedAt = -Infinity;
  }
}
