/** A clock whose frames come when the test advances it. */

import type { FrameClock } from '../../../webview-ui/shared/glide';

export class TestClock implements FrameClock {
  ms = 0;
  reduced = false;
  private handles = 0;
  private readonly waiting = new Map<number, (now: number) => void>();

  now(): number {
    return this.ms;
  }

  request(frame: (now: number) => void): number {
    this.waiting.set(++this.handles, frame);
    return this.handles;
  }

  cancel(handle: number): void {
    this.waiting.delete(handle);
  }

  reducedMotion(): boolean {
    return this.reduced;
  }

  /** Number of animations that still run. */
  get pending(): number {
    return this.waiting.size;
  }

  /** Advances time frame by frame. */
  pass(ms: number, frameMs = 16): void {
    for (const end = this.ms + ms; this.ms < end;) {
      this.ms = Math.min(end, this.ms + frameMs);
      const frames = [...this.waiting.values()];
      this.waiting.clear();
      for (const frame of frames) frame(this.ms);
    }
  }
}
