/** Brackets for stretches of rows or columns: where they lie in view and how much of their label fits. No DOM. */

import type { Band } from './types';

export interface BandMark {
  readonly band: Band;
  /** Along the axis, in px of the plot, cut to what is in view. */
  readonly from: number;
  readonly to: number;
  /** Elided to the bracket's length; empty where not even an initial fits. */
  readonly label: string;
  /** True where the band's own edge is in view there, so that its bracket has an end. */
  readonly startsHere: boolean;
  readonly endsHere: boolean;
}

/** Brackets shorter than this, in px, would be a smear. */
const SHORTEST_BRACKET = 3;
const LABEL_PADDING = 4;

/** The text, or as much of it as fits with an ellipsis, or nothing where that is no character at all. */
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

/** `start` and `end` are the axis' part in view, in entries, over `pixels`. */
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
