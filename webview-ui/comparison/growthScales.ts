/** Positions in the growth chart, in px. No DOM. */

import type { ScaleLogarithmic } from 'd3';
import type { BudgetReport, GrowthLine } from '../../src/protocol/calculator';
import { decades, logScale } from '../shared/budget/logScale';

/** The usual range of settings. It grows if the user types a larger one. */
const USUAL_END = 1024;

export interface GrowthScales {
  readonly x: ScaleLogarithmic<number, number>;
  readonly y: ScaleLogarithmic<number, number>;
  /** The first and the last setting on the axis. */
  readonly first: number;
  readonly last: number;
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function countAt(line: GrowthLine, setting: number): number {
  return line.constant + line.perUnit * setting;
}

export function fullCount(report: BudgetReport): number | null {
  return report.methods.find(({ method }) => method === 'full')?.parameters ?? null;
}

export function growthScales(report: BudgetReport, box: Box): GrowthScales {
  const largest = report.growth.reduce((most, { current }) => Math.max(most, current ?? 1), USUAL_END);
  const last = 2 ** Math.ceil(Math.log2(largest));
  const counts = report.growth.flatMap((line) => [countAt(line, 1), countAt(line, last)]);
  const full = fullCount(report);
  return {
    x: logScale([1, last], [box.left, box.right]),
    y: logScale(decades(full === null ? counts : [...counts, full]), [box.bottom, box.top]),
    first: 1,
    last,
  };
}

/** Moves labels apart to at least `gap`, in their order and above `bottom`. */
export function spread(positions: readonly number[], gap: number, bottom: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
  const placed = [...positions];
  let previous = -Infinity;
  for (const i of order) {
    placed[i] = Math.max(positions[i] ?? 0, previous + gap);
    previous = placed[i] ?? previous;
  }
  let next = bottom + gap;
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i] ?? 0, next - gap);
    next = placed[i] ?? next;
  }
  return placed;
}

/** Powers of two from 1 to the last setting, thinned out until labels of `room` px fit. */
export function powerTicks({ last }: GrowthScales, width: number, room: number): number[] {
  const powers = Math.round(Math.log2(last));
  const every = Math.max(1, Math.ceil((powers * room) / Math.max(1, width)));
  return Array.from({ length: Math.floor(powers / every) + 1 }, (_, i) => 2 ** (i * every));
}
