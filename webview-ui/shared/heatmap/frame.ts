/** Axes, brackets and their labels around the plot: a few dozen SVG nodes for a matrix of any size. */

import { scaleLinear, select } from 'd3';
import type { AxisScale, NumberValue, Selection } from 'd3';
import { axis } from '../axes';
import { formatCount } from '../formatNumber';
import { textMeasure } from '../textMeasure';
import { bandMarks, elide } from './bands';
import type { BandMark } from './bands';
import { LINE_HEIGHT, TICK_LENGTH, tickLabelWidth } from './margins';
import { integerTicks, maxHorizontalTicks, maxVerticalTicks } from './ticks';
import type { CellPosition, HeatmapOptions, Margins, Viewport } from './types';
import type { MatrixSize, PlotSize } from './viewport';

interface FrameState {
  readonly options: HeatmapOptions;
  /** `null` without a matrix, which has no ticks. */
  readonly size: MatrixSize | null;
  readonly viewport: Viewport;
  readonly plot: PlotSize;
  readonly margins: Margins;
  /** The cell whose indices are marked on the axes. */
  readonly marked: CellPosition | null;
}

type Group = Selection<SVGGElement, unknown, null, undefined>;

const BRACKET_GAP = 4;
const BRACKET_END = 4;

export class Frame {
  readonly element: SVGSVGElement;
  private readonly measure: (text: string) => number;
  private readonly groups: Readonly<Record<'top' | 'left' | 'rowBands' | 'columnBands' | 'marks', Group>>;
  private readonly labels: Readonly<Record<'top' | 'left', Selection<SVGTextElement, unknown, null, undefined>>>;

  constructor(font: () => string) {
    const svg = select(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
    this.element = svg.node() as SVGSVGElement;
    svg.attr('class', 'heatmap-frame').attr('aria-hidden', 'true');
    const group = (name: string): Group => svg.append('g').attr('class', name);
    this.groups = {
      top: group('heatmap-axis'),
      left: group('heatmap-axis'),
      rowBands: group('heatmap-bands'),
      columnBands: group('heatmap-bands'),
      marks: group('heatmap-axis-marks'),
    };
    const label = (): Selection<SVGTextElement, unknown, null, undefined> =>
      svg.append('text').attr('class', 'heatmap-axis-label').attr('text-anchor', 'middle');
    this.labels = { top: label(), left: label() };
    this.measure = textMeasure(font);
  }

  draw(state: FrameState): void {
    const { margins, plot, options } = state;
    const svg = select(this.element);
    svg
      .attr('width', margins.left + plot.width + margins.right)
      .attr('height', margins.top + plot.height + margins.bottom);
    this.drawTop(state, options.axes?.top ?? true);
    this.drawLeft(state, options.axes?.left ?? true);
    this.drawBands(this.groups.rowBands, 'y', state);
    this.drawBands(this.groups.columnBands, 'x', state);
    this.drawMarks(state);
  }

  private drawTop({ options, size, viewport, plot, margins }: FrameState, shown: boolean): void {
    const { top: group } = this.groups;
    group.attr('display', shown ? null : 'none').attr('transform', `translate(${margins.left},${margins.top - 1})`);
    const label = this.labels.top.attr('display', shown ? null : 'none');
    if (!shown) return;
    const width = tickLabelWidth(size?.columns ?? 0);
    const scale = scaleLinear([viewport.x0, viewport.x1], [0, plot.width]);
    // A label that would reach beyond the picture is omitted, since half a number misleads.
    const fits = (index: number): boolean => {
      const middle = scale(index + 0.5);
      return middle + margins.left - width / 2 >= 0 && middle - width / 2 <= plot.width + margins.right - width;
    };
    const ticks = integerTicks(
      viewport.x0,
      viewport.x1,
      size?.columns ?? 0,
      maxHorizontalTicks(plot.width, width),
    ).filter(fits);
    drawAxis(group, 'top', scale, ticks);
    const length = margins.left + plot.width + margins.right;
    const text = elide(options.columnLabel, length, this.measure);
    label
      .attr('x', keepWithin(margins.left + plot.width / 2, this.measure(text), length))
      .attr('y', margins.top - TICK_LENGTH - LINE_HEIGHT - 6)
      .text(text);
  }

  private drawLeft({ options, size, viewport, plot, margins }: FrameState, shown: boolean): void {
    const { left: group } = this.groups;
    group.attr('display', shown ? null : 'none').attr('transform', `translate(${margins.left - 1},${margins.top})`);
    const label = this.labels.left.attr('display', shown ? null : 'none');
    if (!shown) return;
    const scale = scaleLinear([viewport.y0, viewport.y1], [0, plot.height]);
    const fits = (index: number): boolean => {
      const middle = scale(index + 0.5);
      return middle + margins.top >= LINE_HEIGHT / 2 && middle <= plot.height + margins.bottom - LINE_HEIGHT / 2;
    };
    const ticks = integerTicks(viewport.y0, viewport.y1, size?.rows ?? 0, maxVerticalTicks(plot.height)).filter(fits);
    drawAxis(group, 'left', scale, ticks);
    const length = margins.top + plot.height + margins.bottom;
    const text = elide(options.rowLabel, length, this.measure);
    const middle = keepWithin(margins.top + plot.height / 2, this.measure(text), length);
    label.attr('transform', `translate(${LINE_HEIGHT - 3},${middle}) rotate(-90)`).text(text);
  }

  private drawBands(group: Group, direction: 'x' | 'y', { options, viewport, plot, margins }: FrameState): void {
    const alongX = direction === 'x';
    const bands = (alongX ? options.columnBands : options.rowBands) ?? [];
    const marks = alongX
      ? bandMarks(bands, viewport.x0, viewport.x1, plot.width, this.measure)
      : bandMarks(bands, viewport.y0, viewport.y1, plot.height, this.measure);
    // Brackets are drawn along x. Those of rows are the same, turned to run down the right side.
    const place = alongX
      ? `translate(${margins.left},${margins.top + plot.height + BRACKET_GAP})`
      : `translate(${margins.left + plot.width + BRACKET_GAP},${margins.top}) matrix(0 1 1 0 0 0)`;
    group.attr('transform', place);
    const items = group
      .selectAll<SVGGElement, BandMark>('g')
      .data(marks)
      .join((enter) => {
        const item = enter.append('g');
        item.append('path');
        item.append('text').attr('text-anchor', 'middle');
        item.append('title');
        return item;
      });
    items.select('path').attr('d', bracketPath);
    // The turn mirrors, so the text of a row bracket is turned back to read downwards.
    const textPlace = ({ from, to }: BandMark): string =>
      alongX
        ? `translate(${(from + to) / 2},${BRACKET_END + 11})`
        : `matrix(0 1 1 0 ${(from + to) / 2} ${BRACKET_END + 4}) rotate(90)`;
    items
      .select('text')
      .attr('transform', textPlace)
      .text((mark) => mark.label);
    items
      .select('title')
      .text(({ band }) => `${band.label}: ${formatCount(band.start)} to ${formatCount(band.end - 1)}`);
  }

  private drawMarks({ options, viewport, plot, margins, marked }: FrameState): void {
    const { top = true, left = true } = options.axes ?? {};
    const marks: AxisMark[] = [];
    if (marked) {
      const across = plot.width / (viewport.x1 - viewport.x0);
      const down = plot.height / (viewport.y1 - viewport.y0);
      const x = (marked.column + 0.5 - viewport.x0) * across;
      const y = (marked.row + 0.5 - viewport.y0) * down;
      const pill = (text: string): number => this.measure(text) + 8;
      if (top && x >= 0 && x <= plot.width) {
        const text = formatCount(marked.column);
        const reach = pill(text) / 2;
        const total = margins.left + plot.width + margins.right;
        const middle = Math.min(total - reach, Math.max(reach, margins.left + x));
        const place = { at: marked.column + 0.5, pixelsPerEntry: across };
        marks.push({
          x: middle,
          y: margins.top - TICK_LENGTH - LINE_HEIGHT / 2 - 1,
          text,
          axis: 'top',
          width: reach * 2,
          ...place,
        });
      }
      if (left && y >= 0 && y <= plot.height) {
        const text = formatCount(marked.row);
        const width = pill(text);
        const place = { at: marked.row + 0.5, pixelsPerEntry: down };
        marks.push({
          x: margins.left - TICK_LENGTH - width / 2,
          y: margins.top + y,
          text,
          axis: 'left',
          width,
          ...place,
        });
      }
    }
    this.hideBehind(marks);
    const items = this.groups.marks
      .selectAll<SVGGElement, AxisMark>('g')
      .data(marks)
      .join((enter) => {
        const item = enter.append('g');
        item.append('rect').attr('rx', 2).attr('height', LINE_HEIGHT);
        item.append('text').attr('text-anchor', 'middle').attr('dy', '0.35em');
        return item;
      })
      .attr('transform', (mark) => `translate(${mark.x},${mark.y})`);
    items
      .select('rect')
      .attr('width', (mark) => mark.width)
      .attr('x', (mark) => -mark.width / 2)
      .attr('y', -LINE_HEIGHT / 2);
    items.select('text').text((mark) => mark.text);
  }

  /** Hides the tick labels that the box overlaps: half a label would read as another number. */
  private hideBehind(marks: readonly AxisMark[]): void {
    for (const side of ['top', 'left'] as const) {
      const mark = marks.find((one) => one.axis === side);
      const covers = (middle: number, text: string): boolean => {
        if (!mark) return false;
        const reach = side === 'top' ? (mark.width + this.measure(text)) / 2 + 2 : LINE_HEIGHT;
        return Math.abs(mark.at - middle) * mark.pixelsPerEntry < reach;
      };
      this.groups[side]
        .selectAll<SVGTextElement, number>('.tick text')
        .attr('opacity', (middle) => (covers(middle, formatCount(middle - 0.5)) ? 0 : null));
    }
  }
}

/** The index of the marked row or column, in a box on the axis. */
interface AxisMark {
  /** The centre of the box. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly text: string;
  readonly axis: 'top' | 'left';
  /** Position on the axis in entries, on the scale of the ticks. */
  readonly at: number;
  readonly pixelsPerEntry: number;
}

/** The centre of a text of this width, moved so that the text lies within [0, length]. */
function keepWithin(middle: number, width: number, length: number): number {
  return Math.max(width / 2, Math.min(middle, length - width / 2));
}

/** Draws ticks at the centres of their cells. */
function drawAxis(group: Group, side: 'top' | 'left', scale: AxisScale<NumberValue>, ticks: readonly number[]): void {
  const values = ticks.map((index) => index + 0.5);
  const label = (middle: number): string => formatCount(middle - 0.5);
  group.call(axis(side, { scale, values, label, length: TICK_LENGTH }).tickPadding(3));
}

/** An open bracket. An end that is out of view is omitted. */
function bracketPath({ from, to, startsHere, endsHere }: BandMark): string {
  const start = startsHere ? `M${from + 1},0 V${BRACKET_END}` : `M${from},${BRACKET_END}`;
  return `${start} H${endsHere ? to - 1 : to}${endsHere ? ' V0' : ''}`;
}
