/**
 * How many directions of a module to keep.
 *
 * kohya's rules (resize_lora.py): `svRatio` keeps σ > σ₁/t, `svCumulative` the first with Σσ ≥ t·Σσ, `svFro` the first
 * with Σσ² ≥ t²·Σσ². `kohyaExact` adds what the script does beyond that: it counts from its index plus one twice, so
 * that one direction more is kept than needed, and caps at the wanted rank.
 */

export type ResizeRule = {
  readonly kind: 'rank' | 'energy' | 'svRatio' | 'svFro' | 'svCumulative';
  readonly value: number;
};

export interface RankLimits {
  /** The largest rank of the dynamic rules; `null` for the stored one. */
  readonly most: number | null;
  readonly kohyaExact: boolean;
}

/** `values` are descending. The result is at least 1 and at most their number, or the wanted rank. */
export function keptRank(values: Float64Array, { kind, value }: ResizeRule, { most, kohyaExact }: RankLimits): number {
  if (kind === 'rank') return value;
  const size = values.length;
  if (kohyaExact && kind !== 'energy') return Math.min(kohyaIndex(values, kind, value) + 1, most ?? size, size);
  const needed = kind === 'svRatio' ? above(values, values[0]! / value) : firstReaching(values, kind, value);
  return Math.max(1, Math.min(needed, most ?? size, size));
}

/** The script's `index`: a count from 0, plus one for the cumulative rules, kept between 1 and the number minus 1. */
function kohyaIndex(values: Float64Array, kind: 'svRatio' | 'svFro' | 'svCumulative', value: number): number {
  const found = kind === 'svRatio' ? above(values, values[0]! / value) : firstReaching(values, kind, value);
  return Math.max(1, Math.min(found, values.length - 1));
}

function above(values: Float64Array, limit: number): number {
  let count = 0;
  while (count < values.length && values[count]! > limit) count++;
  return count;
}

/** The smallest count whose share of Σσ or Σσ² reaches the threshold. */
function firstReaching(values: Float64Array, kind: ResizeRule['kind'], value: number): number {
  const power = kind === 'svCumulative' ? 1 : 2;
  const threshold = kind === 'svFro' ? value * value : value;
  let total = 0;
  for (const each of values) total += each ** power;
  let sum = 0;
  for (let count = 1; count <= values.length; count++) {
    sum += values[count - 1]! ** power;
    if (sum >= threshold * total) return count;
  }
  return values.length;
}
