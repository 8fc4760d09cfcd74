/** Axes of every picture and chart: their ticks, and where the two axes of a chart lie. */

import { axisBottom, axisLeft, axisTop } from 'd3';
import type { Axis, AxisScale, NumberValue, Selection } from 'd3';

/** Length of a tick in px. */
const TICK_LENGTH = 3;
/** Room in px between the title of the x axis and the bottom edge of the chart. */
const TITLE_RISE = 3;

const SIDES = { top: axisTop, bottom: axisBottom, left: axisLeft } as const;

interface Ticks {
  readonly scale: AxisScale<NumberValue>;
  /** Approximate number of ticks at round values. `values` sets the ticks themselves. */
  readonly count?: number;
  readonly values?: readonly number[];
  /** Text of a label. By default d3 formats it, with `specifier` if there is one. */
  readonly label?: (value: number) => string;
  readonly specifier?: string;
  /** Length of a tick in px; a negative one draws grid lines across the plot. */
  readonly length?: number;
  /** Space in px between a tick and its label. By default the one that d3 chooses. */
  readonly padding?: number;
}

/** An axis to call on a group. The ends of its line have no ticks. */
export function axis(side: keyof typeof SIDES, ticks: Ticks): Axis<NumberValue> {
  const { scale, count, values, label, specifier, length = TICK_LENGTH, padding } = ticks;
  const made = SIDES[side](scale).tickSize(length).tickSizeOuter(0);
  if (count !== undefined) made.ticks(count, specifier);
  if (values) made.tickValues(values);
  if (padding !== undefined) made.tickPadding(padding);
  if (label) made.tickFormat((value) => label(Number(value)));
  return made;
}

/** The rectangle that holds the marks of a chart, in px of its SVG. */
export interface PlotBox {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function plotBox(
  width: number,
  height: number,
  margin: { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number },
): PlotBox {
  return { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
}

type Svg = Selection<SVGSVGElement, unknown, null, undefined>;

/** Draws an x axis with its title below the box and a y axis to its left. */
export function drawAxes(svg: Svg, box: PlotBox, x: Ticks & { readonly title: string }, y: Ticks): void {
  const group = (left: number, top: number) =>
    svg.append('g').attr('class', 'axis').attr('transform', `translate(${left},${top})`);
  group(0, box.bottom).call(axis('bottom', x));
  group(box.left, 0).call(axis('left', y));
  svg
    .append('text')
    .attr('class', 'axis-title')
    .attr('x', (box.left + box.right) / 2)
    .attr('y', Number(svg.attr('height')) - TITLE_RISE)
    .attr('text-anchor', 'middle')
    .text(x.title);
}
