/**
 * What a matrix's numbers look like, in two passes over its values, which may come in chunks of any size.
 *
 * First pass: counts, extremes, moments, and the distribution of |x|. Second pass: the histogram, whose bins need the
 * extremes. Mean and variance are merged chunk by chunk (Chan, Golub and LeVeque 1979), which keeps them right where
 * the mean is large beside the spread; |x| is counted by the upper bits of its float32 pattern, so that no sorting is
 * needed. These are the plain loops; they know nothing of where values come from.
 */

export interface SummaryStatistics {
  readonly count: number;
  /** Of the finite entries, like all that follows; NaN where there are none. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Of the population: divided by n. */
  readonly standardDeviation: number;
  /** Square root of the sum of squares. */
  readonly norm: number;
  readonly maxAbs: number;
  readonly zeros: number;
  readonly nan: number;
  readonly positiveInfinity: number;
  readonly negativeInfinity: number;
}

/** Bits of the float32 pattern of |x| that are left out when it is counted: 12 bits of mantissa stay. */
const DROPPED_BITS = 11;
/** Patterns of non-negative float32, by their upper bits: 4 MiB of counts. */
const PATTERN_COUNT = 2 ** (31 - DROPPED_BITS);
/** Entries summed at once about their own mean: few enough to stay in the cache for the second reading. */
const MOMENT_BLOCK = 4096;
/** Patterns are taken by the float32 view of a buffer of this many entries. */
const PATTERN_BLOCK = 4096;

/** First pass. */
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
      // True for neither NaN nor an infinity: those give NaN.
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
   * |x| at each share of the finite entries in ascending order: the entry of rank ceil(share * n), counted from 1.
   * Exact for values of at most 12 bits of mantissa (F16, BF16, F8); for wider ones at most 2^-12 of the value below.
   * NaN where there are no finite entries.
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
      // Float64 values beyond float32 have all been counted as infinite.
      quantiles[index] = Math.min(this.floats[0]!, maxAbs);
    }
    return quantiles;
  }
}

/** Second pass: counts in equal bins over [min, max], the last including max; only of finite entries. */
export class HistogramAccumulator {
  readonly counts: Float64Array<ArrayBuffer>;
  /** Halves both ends where their distance is beyond float64. */
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
