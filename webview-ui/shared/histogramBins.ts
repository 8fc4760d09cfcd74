/** The bars of a histogram: bins merged to fit the width, heights on a linear or log scale. No DOM. */

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** `counts` belong to equal bins over [min, max]. Neighbours are merged until at most `atMost` bins remain. */
export function gatherBins(counts: ArrayLike<number>, min: number, max: number, atMost: number): Bin[] {
  if (counts.length === 0 || !Number.isFinite(min) || !Number.isFinite(max)) return [];
  const together = Math.ceil(counts.length / Math.max(1, atMost));
  const width = (max - min) / counts.length;
  const bins: Bin[] = [];
  for (let first = 0; first < counts.length; first += together) {
    const end = Math.min(counts.length, first + together);
    let count = 0;
    for (let i = first; i < end; i++) count += counts[i] ?? 0;
    bins.push({ from: min + first * width, to: end === counts.length ? max : min + end * width, count });
  }
  return bins;
}

/** Share of the full height, 0 to 1. On the log scale a single entry stays visible beside millions. */
export function barHeight(count: number, largest: number, log: boolean): number {
  if (largest <= 0) return 0;
  return log ? Math.log1p(count) / Math.log1p(largest) : count / largest;
}
