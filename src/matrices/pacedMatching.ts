/** Matches patterns a slice of time at a time, so that other requests run in between and a cancel takes effect. */

import { SliceOver } from '../peftConfig/errors';
import { Matching } from '../peftConfig/matching';
import { Pacer, SLICE_MS } from '../checkpoint/pacer';

/** The matching of one request, which ends soon after the request's signal is aborted. */
export class PacedMatching {
  private readonly pacer: Pacer;

  constructor(
    signal?: AbortSignal,
    private readonly matching = new Matching(),
  ) {
    this.pacer = new Pacer(signal);
  }

  /**
   * The result of `work`, which starts again after every slice: the results of its patterns are remembered, and all
   * else that it does must be repeatable. Rejects with the signal's reason once the signal is aborted.
   */
  async run<T>(work: () => T): Promise<T> {
    for (;;) {
      await this.pacer.pause();
      try {
        return this.matching.run(work, SLICE_MS);
      } catch (error) {
        if (!(error instanceof SliceOver)) throw error;
      }
    }
  }
}
