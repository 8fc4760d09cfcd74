/** The axis of a chart with one bar for each of 1, 2, 3 and so on. No DOM. */

import { scaleLinear } from 'd3';
import type { ScaleLinear } from 'd3';
import { niceIntegerStep } from '../../../shared/heatmap/ticks';

/** Bar k has its centre at k, and each bar has the same room. `left` and `right` are in px. */
export function ordinalScale(count: number, left: number, right: number): ScaleLinear<number, number> {
  return scaleLinear([0.5, count + 0.5], [left, right]);
}

/** The bars to label: the first, and multiples of a round step. */
export function ordinalTicks(count: number, most: number): number[] {
  const step = niceIntegerStep(count / most);
  const multiples = Array.from({ length: Math.floor(count / step) }, (_, i) => (i + 1) * step);
  return step > 1 && count > 0 ? [1, ...multiples] : multiples;
}
