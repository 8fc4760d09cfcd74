/** The space around the plot for axes, brackets and their labels. No DOM. */

import { formatCount } from '../formatNumber';
import type { HeatmapOptions, Margins } from './types';
import type { MatrixSize } from './viewport';

/** Generous width of a digit of an 11 px UI font. */
const DIGIT_WIDTH = 6.8;
export const TICK_LENGTH = 5;
/** Height of a line of 11 px text. */
export const LINE_HEIGHT = 14;
/** Height of a bracket, its gap to the plot and its label. */
const BAND_GUTTER = 24;
/** Half a line. The label of a tick at the edge of the plot reaches this far beyond it. */
const EDGE = 7;

export function tickLabelWidth(entries: number): number {
  return formatCount(Math.max(0, entries - 1)).length * DIGIT_WIDTH;
}

/**
 * The margins that the axes and brackets of a heatmap need. Heatmaps that share an axis are aligned by giving both the
 * larger margins on that axis.
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

/** The largest margin on each side: what heatmaps above one another, or side by side, need together. */
export function widestMargins(all: readonly Margins[]): Margins {
  const widest = (side: keyof Margins): number => all.reduce((most, margins) => Math.max(most, margins[side]), 0);
  return { top: widest('top'), right: widest('right'), bottom: widest('bottom'), left: widest('left') };
}
