/**
 * Statistics of a matrix in two passes over its values, which may arrive in chunks of any size.
 *
 * The first pass computes counts, extremes, moments and the distribution of |x|. The second pass computes the
 * histogram, whose bins depend on the extremes. Mean and variance are merged chunk by chunk (Chan, Golub and LeVeque
 * 1979), which is accurate even if the mean is large compared with the spread. |x| is counted by the upper bits of its
 * float32 pattern, which avoids sorting.
 */

export interface SummaryStatistics {
  readonly count: number;
  /** The minimum of the finite entries, which all fields below refer to. NaN if there are none. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Population standard deviation: divided by n. */
  readonly standardDeviation: number;
  /** Square root of the sum of squares. */
  readonly norm: number;
  readonly maxAbs: number;
  readonly zeros: number;
  readonly nan: number;
  readonly positiveInfinity: number;
  readonly negativeInfinity: number;
}

/** Low bits of the float32 pattern of |x| that counting ignores. 12 bits of the mantissa remain. */
const DROPPED_BITS = 11;
/** Number of upper-bit patterns of non-negative float32: 4 MiB of counts. */
const PATTERN_COUNT = 2 ** (31 - DROPPED_BITS);
/** Entries per block with its own mean: few enough to stay in the cache for the second reading. */
const MOMENT_BLOCK = 4096;
/** Entries of the buffer whose float32 view gives the patterns. */
const PATTERN_BLOCK = 4096;

/** The first pass. */
export class StatisticsAccumulator {
  private count = 0;
  private finite = 0;
  private mean = 0;
  private squaredDeviations = 0;
  private sumOfSquares = 0;
  private min = Infinity;
  private max = -Infinity;
  private zeros = 0;
  private nan = 0;
  private positiveInfinity = 0;
  private negativeInfinity = 0;
  private readonly patterns = new Uint32Array(PATTERN_COUNT);
  private readonly floats = new Float32Array(PATTERN_BLOCK);
  private readonly bits = new Uint32Array(this.floats.buffer);

  add(values: ArrayLike<number>, length = values.length): void {
    for (let start = 0; start < length; start += MOMENT_BLOCK) {
      this.addBlock(values, start, Math.min(start + MOMENT_BLOCK, length));
    }
  }

  private addBlock(values: ArrayLike<number>, start: number, end: number): void {
    const { floats, bits, patterns } = this;
    let finite = 0;
    let sum = 0;
    let squares = 0;
    let { min, max } = this;
    for (let i = start; i < end; i++) {
      const x = values[i]!;
      // x - x is NaN for NaN and infinities.
      if (x - x === 0) {
        floats[finite++] = Math.abs(x);
        sum += x;
        squares += x * x;
        if (x < min) min = x;
        if (x > max) max = x;
        if (x === 0) this.zeros++;
      } else if (x > 0) this.positiveInfinity++;
      else if (x < 0) this.negativeInfinity++;
      else this.nan++;
    }
    for (let i = 0; i < finite; i++) patterns[bits[i]! >>> DROPPED_BITS]!++;
    this.count += end - start;
    if (finite === 0) return;

    const mean = sum / finite;
    let deviations = 0;
    for (let i = start; i < end; i++) {
      const d = values[i]! - mean;
      if (d - d === 0) deviations += d * d;
    }
    const total = this.finite + finite;
    const gap = mean - this.mean;
    this.squaredDeviations += deviations + gap * gap * ((this.finite * finite) / total);
    this.mean += gap * (finite / total);
    this.finite = total;
    this.sumOfSquares += squares;
    this.min = min;
    this.max = max;
  }

  summary(): SummaryStatistics {
    const { finite } = this;
    const none = finite === 0;
    return {
      count: this.count,
      min: none ? NaN : this.min,
      max: none ? NaN : this.max,
      mean: none ? NaN : this.mean,
      standardDeviation: none ? NaN : Math.sqrt(this.squaredDeviations / finite),
      norm: none ? NaN : Math.sqrt(this.sumOfSquares),
      maxAbs: none ? NaN : Math.max(Math.abs(this.min), Math.abs(this.max)),
      zeros: this.zeros,
      nan: this.nan,
      positiveInfinity: this.positiveInfinity,
      negativeInfinity: this.negativeInfinity,
    };
  }

  /**
   * The |x| of rank ceil(share * n), counted from 1 among the finite entries in ascending order, for each share. Values
   * with at most 12 mantissa bits (F16, BF16, F8) are exact; others are low by at most 2^-12 of the value. NaN if there
   * are no finite entries.
   */
  absQuantiles(shares: readonly number[]): Float64Array<ArrayBuffer> {
    const ranks = shares.map((share) => Math.min(Math.max(Math.ceil(share * this.finite), 1), this.finite));
    const quantiles = new Float64Array(shares.length).fill(NaN);
    if (this.finite === 0) return quantiles;
    const ascending = [...ranks.keys()].sort((a, b) => ranks[a]! - ranks[b]!);
    const maxAbs = Math.max(Math.abs(this.min), Math.abs(this.max));
    let passed = 0;
    let pattern = -1;
    for (const index of ascending) {
      while (passed < ranks[index]!) passed += this.patterns[++pattern]!;
      this.bits[0] = pattern << DROPPED_BITS;
      // Float64 values beyond the range of float32 were counted as infinite.
      quantiles[index] = Math.min(this.floats[0]!, maxAbs);
    }
    return quantiles;
  }
}

/** The second pass: counts finite entries in equal bins over [min, max]. The last bin includes max. */
export class HistogramAccumulator {
  readonly counts: Float64Array<ArrayBuffer>;
  /** Halves both ends if their distance exceeds the range of float64. */
  private readonly factor: number;
  private readonly start: number;
  private readonly range: number;

  constructor(min: number, max: number, bins: number) {
    this.counts = new Float64Array(bins);
    this.factor = Number.isFinite(max - min) ? 1 : 0.5;
    this.start = min * this.factor;
    this.range = max * this.factor - this.start;
  }

  add(values: ArrayLike<number>, length = values.length): void {
    const { counts, factor, start, range } = this;
    const bins = counts.length;
    for (let i = 0; i < length; i++) {
      const x = values[i]!;
      if (x - x !== 0) continue;
      const bin = range > 0 ? Math.floor(((x * factor - start) / range) * bins) : 0;
      counts[bin >= bins ? bins - 1 : bin]!++;
    }
  }
}
