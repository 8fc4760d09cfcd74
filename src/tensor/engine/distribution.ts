/** Histogram and quantiles of what was scanned. */

export interface Distribution {
  /** Counts in equal bins over [min, max]; the last bin includes max. */
  readonly histogram: Float64Array;
  /** |x| at each share of the finite entries: the entry of rank ceil(share * n). */
  readonly absQuantiles: Float64Array;
}

/** Values of rank ceil(share * total), from counts in ascending order of value. NaN where there is nothing. */
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
