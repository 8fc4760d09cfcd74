/** Histogram and quantiles of the scanned entries. */

export interface Distribution {
  /** Counts in equal bins over [min, max]. The last bin includes max. */
  readonly histogram: Float64Array;
  /** |x| at each share of the finite entries: the entry of rank ceil(share * n). */
  readonly absQuantiles: Float64Array;
}

/** The bin of a value, found exactly as HistogramAccumulator in ../statistics finds it, rounding included. */
export interface Binning {
  /** Halves both ends if their distance exceeds the range of float64. */
  readonly factor: number;
  readonly start: number;
  readonly range: number;
}

export function binningOf(min: number, max: number): Binning {
  const factor = Number.isFinite(max - min) ? 1 : 0.5;
  return { factor, start: min * factor, range: max * factor - min * factor };
}

/** Values of rank ceil(share * total), from counts in ascending order of value. NaN if the counts are empty. */
export function quantilesByRank(
  shares: readonly number[],
  total: number,
  countAt: (index: number) => number,
  valueAt: (index: number) => number,
): Float64Array {
  const quantiles = new Float64Array(shares.length).fill(NaN);
  if (total === 0) return quantiles;
  const ascending = [...shares.keys()].sort((a, b) => shares[a]! - shares[b]!);
  let passed = 0;
  let index = -1;
  for (const i of ascending) {
    const rank = Math.min(Math.max(Math.ceil(shares[i]! * total), 1), total);
    while (passed < rank) passed += countAt(++index);
    quantiles[i] = valueAt(index);
  }
  return quantiles;
}
