/** Places the ticks on an axis of whole numbers. No DOM. */

/** Space in px between neighbouring tick labels. */
const LABEL_GAP = 10;

/** Distances in px between labels above one another: a few stay readable at the first, many need the second. */
const CLOSEST_ROWS = 18;
const AIRY_ROWS = 60;
const ROWS_BEFORE_AIR = 8;

/** The smallest of 1, 2, 5, 10, 20, 50, ... that is at least `atLeast`. */
export function niceIntegerStep(atLeast: number): number {
  if (atLeast <= 1) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(atLeast));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * magnitude >= atLeast - 1e-9);
  return (factor ?? 10) * magnitude;
}

/** Indices of the cells to label: multiples of a round step among the cells that [start, end) touches. */
export function integerTicks(start: number, end: number, entries: number, maxTicks: number): number[] {
  const step = niceIntegerStep((end - start) / Math.max(1, maxTicks));
  const ticks: number[] = [];
  // The tick of a cell is at its centre, which has to be in view.
  const first = Math.max(0, Math.ceil((start - 0.5) / step)) * step;
  for (let index = first; index + 0.5 <= end && index < entries; index += step) ticks.push(index);
  return ticks;
}

/** The number of ticks that fit side by side with labels `labelWidth` px wide. */
export function maxHorizontalTicks(pixels: number, labelWidth: number): number {
  return Math.max(1, Math.floor(pixels / (labelWidth + LABEL_GAP)));
}

export function maxVerticalTicks(pixels: number): number {
  return Math.max(1, Math.min(Math.floor(pixels / CLOSEST_ROWS), ROWS_BEFORE_AIR + Math.floor(pixels / AIRY_ROWS)));
}
