/** Runs a limited number of jobs at a time, in order of arrival. */

export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly atOnce: number) {}

  /** Rejects with the signal's reason if it is aborted before the job's turn, or with the job's own rejection. */
  async take<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.running < this.atOnce) this.running++;
    // A job that ends passes its place to the next one.
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
