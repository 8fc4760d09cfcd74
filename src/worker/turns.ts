/** Jobs that take turns: so many at a time, in the order they came. */

export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly atOnce: number) {}

  /** Rejects with the signal's reason where it is aborted before the job's turn, and with what the job rejects with. */
  async take<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.running < this.atOnce) this.running++;
    // Whoever ends hands over its place.
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      signal?.throwIfAborted();
      return await job();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
