/** Combines the records of the `moments` kernel. */

import type { SummaryStatistics } from '../statistics';

/** Bytes per record: ten float64 numbers. */
export const RECORD_BYTES = 80;

export interface ScanSummary extends SummaryStatistics {
  /** Sum of magnitudes. */
  readonly l1: number;
}

export class Moments {
  private finite = 0;
  private min = Infinity;
  private max = -Infinity;
  private mean = 0;
  private deviations = 0;
  private l1 = 0;
  private zeros = 0;
  private nan = 0;
  private positiveInfinity = 0;
  private negativeInfinity = 0;

  /**
   * Merges `records` from `at` on, in order: finite entries, min, max, mean, squared deviations, L1, zeros, NaN, +Inf,
   * -Inf.
   */
  merge(records: ArrayLike<number>, at = 0): void {
    const n = records[at]!;
    if (n > 0) {
      const all = this.finite + n;
      const gap = records[at + 3]! - this.mean;
      this.deviations += records[at + 4]! + gap * gap * ((this.finite * n) / all);
      this.mean += gap * (n / all);
      this.finite = all;
      this.min = Math.min(this.min, records[at + 1]!);
      this.max = Math.max(this.max, records[at + 2]!);
      this.l1 += records[at + 5]!;
    }
    this.zeros += records[at + 6]!;
    this.nan += records[at + 7]!;
    this.positiveInfinity += records[at + 8]!;
    this.negativeInfinity += records[at + 9]!;
  }

  summary(count: number): ScanSummary {
    const { finite, mean, deviations } = this;
    const none = finite === 0;
    return {
      count,
      min: none ? NaN : this.min,
      max: none ? NaN : this.max,
      mean: none ? NaN : mean,
      standardDeviation: none ? NaN : Math.sqrt(deviations / finite),
      norm: none ? NaN : Math.sqrt(deviations + finite * mean * mean),
      l1: none ? NaN : this.l1,
      maxAbs: none ? NaN : Math.max(Math.abs(this.min), Math.abs(this.max)),
      zeros: this.zeros,
      nan: this.nan,
      positiveInfinity: this.positiveInfinity,
      negativeInfinity: this.negativeInfinity,
    };
  }
}
