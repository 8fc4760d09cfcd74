/** Room around the plot for axes, brackets and their labels. No DOM. */

import { formatCount } from '../formatNumber';
import type { HeatmapOptions, Margins } from './types';
import type { MatrixSize } from './viewport';

/** A digit of an 11 px UI font, generously. */
const DIGIT_WIDTH = 6.8;
export const TICK_LENGTH = 5;
/** Height of a line of 11 px text. */
export const LINE_HEIGHT = 14;
/** A bracket, its gap to the plot and its label. */
const BAND_GUTTER = 24;
/** Half a line: the label of a tick at the very edge reaches this far beyond it. */
const EDGE = 7;

export function tickLabelWidth(entries: number): number {
  return formatCount(Math.max(0, entries - 1)).length * DIGIT_WIDTH;
}

/**
 * What the axes and brackets of a heatmap take when `margins` is left out. Heatmaps that share an axis are lined up by
 * giving each the larger of both on that axis.
 */
export function naturalMargins(options: HeatmapOptions, { rows, columns }: MatrixSize): Margins {
  const { top = true, left = true } = options.axes ?? {};
  const rowBands = (options.rowBands?.length ?? 0) > 0;
  const columnBands = (options.columnBands?.length ?? 0) > 0;
  const overhang = top ? Math.ceil(tickLabelWidth(columns) / 2) : 1;
  return {
    top: top ? LINE_HEIGHT * 2 + TICK_LENGTH + 6 : left ? EDGE : 1,
    bottom: columnBands ? BAND_GUTTER : left ? EDGE : 1,
    left: left ? Math.ceil(tickLabelWidth(rows)) + LINE_HEIGHT + TICK_LENGTH + 9 : overhang,
    right: rowBands ? Math.max(BAND_GUTTER, overhang) : overhang,
  };
}

export function resolveMargins(options: HeatmapOptions, size: MatrixSize): Margins {
  return { ...naturalMargins(options, size), ...options.margins };
}

/** The larger of each side: what two heatmaps one above the other, or side by side, both need. */
export function widestMargins(all: readonly Margins[]): Margins {
  const widest = (side: keyof Margins): number => Math.max(0, ...all.map((margins) => margins[side]));
  return { top: widest('top'), right: widest('right'), bottom: widest('bottom'), left: widest('left') };
}
