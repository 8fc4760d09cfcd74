/** Places the labels on the axis of a colour bar. No DOM. */

import { ticks } from 'd3';
import { colorDomain, colorPosition, SYMLOG_CONSTANT_SHARE } from './colorMap';
import { formatNumber } from './formatNumber';
import type { ColorSettings } from './heatmap/types';

interface ColorTick {
  readonly value: number;
  /** Position along the bar, 0 to 1. */
  readonly position: number;
  readonly label: string;
}

const GAP = 8;
const DIGITS = 3;
/** More candidates than fit on a bar. The width decides which of them stay. */
const CANDIDATES = 7;

/** Round values by priority of their labels. On a log scale those nearest to the ends come first. */
function roundValues(settings: ColorSettings): number[] {
  const [start, end] = colorDomain(settings);
  if (settings.scale === 'linear') return ticks(start, end, CANDIDATES);
  const decades: number[] = [];
  const smallest = end * SYMLOG_CONSTANT_SHARE;
  for (let power = Math.floor(Math.log10(end)); 10 ** power >= smallest; power--) {
    decades.push(10 ** power);
    if (start < 0) decades.push(-(10 ** power));
  }
  return decades;
}

/**
 * Both ends and zero come first, then round values as long as labels do not overlap. Labels are centred on their
 * position; those at the ends start and end there.
 */
export function colorTicks(settings: ColorSettings, width: number, measure: (text: string) => number): ColorTick[] {
  const [start, end] = colorDomain(settings);
  if (!(end > 0) || !Number.isFinite(end)) return [];
  const accepted: { tick: ColorTick; from: number; to: number }[] = [];
  for (const value of [start, end, 0, ...roundValues(settings)]) {
    const position = colorPosition(value, settings);
    const label = formatNumber(value, DIGITS);
    const length = measure(label);
    const from = value === start ? 0 : value === end ? width - length : position * width - length / 2;
    const to = from + length;
    if (accepted.some((other) => from < other.to + GAP && to > other.from - GAP)) continue;
    accepted.push({ tick: { value, position, label }, from, to });
  }
  return accepted.map(({ tick }) => tick).sort((a, b) => a.position - b.position);
}
