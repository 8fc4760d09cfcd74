/** Lets a long computation stop for messages: a cancel is heard only when the event loop turns. */

/** Within this a cancel is heard; the turn itself costs some microseconds. */
const SLICE_MS = 12;

export class Pacer {
  private last = performance.now();

  constructor(private readonly signal?: AbortSignal) {}

  /** Throws the signal's reason once it is aborted. Cheap when called often. */
  async pause(): Promise<void> {
    this.signal?.throwIfAborted();
    if (performance.now() - this.last < SLICE_MS) return;
    await new Promise<void>((resume) => setImmediate(resume));
    this.last = performance.now();
    this.signal?.throwIfAborted();
  }
}
