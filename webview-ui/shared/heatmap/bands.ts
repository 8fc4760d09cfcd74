/** Brackets for ranges of rows or columns: where they lie in view and how much of their label fits. No DOM. */

import type { Band } from './types';

export interface BandMark {
  readonly band: Band;
  /** Position along the axis in px of the plot, clipped to the view. */
  readonly from: number;
  readonly to: number;
  /** Shortened to the bracket's length. Empty if not even one character fits. */
  readonly label: string;
  /** True if that edge of the band is in view, so that its bracket has an end there. */
  readonly startsHere: boolean;
  readonly endsHere: boolean;
}

/** Length in px below which a bracket would be a smear. */
const SHORTEST_BRACKET = 3;
const LABEL_PADDING = 4;

/** The text, or as much of it as fits with an ellipsis. Empty if no character fits. */
export function elide(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  const characters = [...text];
  let low = 0;
  let high = characters.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${characters.slice(0, middle).join('')}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${characters.slice(0, low).join('').trimEnd()}…`;
}

/** `start` and `end` are the visible part of the axis, in entries, over `pixels`. */
export function bandMarks(
  bands: readonly Band[],
  start: number,
  end: number,
  pixels: number,
  measure: (text: string) => number,
): BandMark[] {
  const toPixels = (entry: number): number => ((entry - start) / (end - start)) * pixels;
  const marks: BandMark[] = [];
  for (const band of bands) {
    const from = Math.max(0, toPixels(band.start));
    const to = Math.min(pixels, toPixels(band.end));
    if (to - from < SHORTEST_BRACKET) continue;
    const label = elide(band.label, to - from - LABEL_PADDING, measure);
    marks.push({ band, from, to, label, startsHere: band.start >= start, endsHere: band.end <= end });
  }
  return marks;
}
