/** The colours and dashes of several lines in one chart. Lines differ in their dashes too. */

import { select } from 'd3';
import type { ThemeKind } from '../../../shared/theme';
import { themeKind } from '../../../shared/theme';

/** Each has a contrast of at least 3 to 1 with the backgrounds of VS Code's light themes. */
const ON_LIGHT: readonly string[] = [
  ...['#3a6ea5', '#c25e00', '#c23b3f', '#2f7f7a', '#3c7d35'],
  ...['#8a6d00', '#8a4f8c', '#c2506b', '#7a5a46', '#6b6560'],
];
/** The same hues for the dark themes. */
const ON_DARK: readonly string[] = [
  ...['#7aa6d8', '#f59b4c', '#f07b7d', '#86ccc7', '#79c26b'],
  ...['#edc949', '#c99bd0', '#ffa8b3', '#c79d83', '#c9bfb8'],
];
const DASHES: readonly (string | null)[] = [null, '7 3', '2 3', '9 3 2 3', '4 2'];
const KEY = { width: 22, height: 8 } as const;

/** More lines would be hard to follow. The rest are omitted, and the key of the chart says so. */
export const MAX_LINES = ON_LIGHT.length;

export function lineColors(theme: ThemeKind): readonly string[] {
  return theme === 'light' || theme === 'highContrastLight' ? ON_LIGHT : ON_DARK;
}

export function lineColor(index: number): string {
  const colors = lineColors(themeKind());
  return colors[index % colors.length]!;
}

export function lineDash(index: number): string | null {
  return DASHES[index % DASHES.length]!;
}

/** A short piece of the line, for the key of the chart. */
export function lineKey(index: number): SVGSVGElement {
  const svg = select(document.createElementNS('http://www.w3.org/2000/svg', 'svg'))
    .attr('width', KEY.width)
    .attr('height', KEY.height)
    .attr('class', 'line-key')
    .attr('aria-hidden', 'true');
  svg
    .append('line')
    .attr('x2', KEY.width)
    .attr('y1', KEY.height / 2)
    .attr('y2', KEY.height / 2)
    .attr('stroke', lineColor(index))
    .attr('stroke-width', 2)
    .attr('stroke-dasharray', lineDash(index));
  return svg.node()!;
}
