/** The decades of logarithmic axes, and their tick labels. */

import type { ScaleLogarithmic } from 'd3';
import { format, max, min, scaleLog } from 'd3';

/** The width of a tick label in the small font of an axis, in px. */
const TICK_ROOM = 40;

/** The decades from below the least value to above the greatest, so that typing seldom moves the axis. */
export function decades(values: readonly number[]): readonly [number, number] {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return [1, 10];
  // A power of ten at the start of the axis would have a bar without length.
  const low = Math.ceil(Math.log10(min(positive) ?? 1)) - 1;
  const high = Math.ceil(Math.log10(max(positive) ?? 1));
  return [10 ** Math.max(0, low), 10 ** Math.max(1, low + 1, high)];
}

export function logScale(
  domain: readonly [number, number],
  range: readonly [number, number],
): ScaleLogarithmic<number, number> {
  return scaleLog().domain(domain).range(range).clamp(true);
}

/** Powers of ten in the domain, thinned out until their labels fit. */
export function decadeTicks(scale: ScaleLogarithmic<number, number>, room = TICK_ROOM): number[] {
  const [low = 1, high = 10] = scale.domain();
  const [start = 0, end = 0] = scale.range();
  const first = Math.round(Math.log10(low));
  const count = Math.round(Math.log10(high)) - first;
  const every = Math.max(1, Math.ceil((count * room) / Math.abs(end - start)));
  const ticks: number[] = [];
  for (let power = 0; power <= count; power += every) ticks.push(10 ** (first + power));
  return ticks;
}

const short = format('~s');

/** '100k', '1M', '10B'. */
export function tickLabel(value: number): string {
  return short(value).replace('G', 'B');
}
