/**
 * A value that moves smoothly to a target. Code that needs the value while it moves takes the target, never the current
 * frame: a step that starts from a frame loses what the remaining frames would have added. No DOM.
 */

/** Long enough to follow by eye, short enough not to wait for. */
export const GLIDE_MS = 140;

/** Time and frames, from the browser or from a test. */
export interface FrameClock {
  /** Milliseconds on the clock of the frames' timestamps. */
  now(): number;
  /** Calls back in the next frame with its time in milliseconds; returns a handle. */
  request(frame: (now: number) => void): number;
  cancel(handle: number): void;
  /** True if the reader asked for no animation. It may change while something moves. */
  reducedMotion(): boolean;
}

interface Move<T> {
  readonly from: T;
  readonly target: T;
  readonly begin: number;
}

export class Glide<T> {
  private move: Move<T> | null = null;
  private frame = 0;

  /** `blend(from, target, share)` is the value between them; `show` is called for every frame, last with the target. */
  constructor(
    private readonly clock: FrameClock,
    private readonly blend: (from: T, target: T, share: number) => T,
    private readonly show: (value: T) => void,
  ) {}

  /** The value at the end of the move, or `null` if the value is at rest. */
  get target(): T | null {
    return this.move?.target ?? null;
  }

  /** Starts a move from `from`. It replaces a move in progress. */
  to(from: T, target: T): void {
    this.cancel();
    if (this.clock.reducedMotion()) return this.show(target);
    this.move = { from, target, begin: this.clock.now() };
    this.frame = this.clock.request((now) => this.step(now));
  }

  /** Shows the target at once, if the value is on its way to one. */
  finish(): void {
    const { move } = this;
    this.cancel();
    if (move) this.show(move.target);
  }

  /** Forgets the target and shows nothing more. */
  cancel(): void {
    this.clock.cancel(this.frame);
    this.move = null;
  }

  private step(now: number): void {
    if (!this.move) return;
    const { from, target, begin } = this.move;
    const share = Math.max(0, (now - begin) / GLIDE_MS);
    if (share >= 1 || this.clock.reducedMotion()) return this.finish();
    this.frame = this.clock.request((next) => this.step(next));
    // Cubic ease-out: fast at the start, where the reader waits for an answer.
    this.show(this.blend(from, target, 1 - (1 - share) ** 3));
  }
}
