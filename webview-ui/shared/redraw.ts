/** Draws once in the next frame, however often a drawing is requested before it. No DOM. */

import type { FrameClock } from './glide';

export class Redraw {
  private frame: number | null = null;

  constructor(
    private readonly draw: () => void,
    private readonly clock: Pick<FrameClock, 'request' | 'cancel'>,
  ) {}

  request(): void {
    this.frame ??= this.clock.request(() => this.now());
  }

  /** Draws at once, in place of a requested drawing. */
  now(): void {
    this.cancel();
    this.draw();
  }

  cancel(): void {
    if (this.frame !== null) this.clock.cancel(this.frame);
    this.frame = null;
  }
}
