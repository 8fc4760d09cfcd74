/** The distribution of a matrix's values, in the colours of its heatmap, with the ends of the colour scale marked. */

import './colorBar.css';
import './histogram.css';
import { scaleLinear, select } from 'd3';
import type { Statistics } from '../../src/protocol/matrix';
import { axis } from './axes';
import { colorDomain, createColorMap, cssColorOf } from './colorMap';
import { formatCount, formatNumber } from './formatNumber';
import type { ColorSettings } from './heatmap/types';
import { barHeight, gatherBins } from './histogramBins';
import type { Bin } from './histogramBins';
import { onThemeChange, themeKind } from './theme';

const HEIGHT = 96;
const MARGIN = { top: 8, right: 12, bottom: 20, left: 12 };
/** Width in px of a label of three digits with an exponent. */
const TICK_SPACING = 64;
const TICK_LENGTH = 4;
const NARROWEST_BAR = 2;

type Drawing = ReturnType<typeof drawing>;

function drawing(svg: SVGSVGElement) {
  const root = select(svg);
  return {
    root,
    bars: root.append('g').attr('class', 'histogram-bars'),
    outline: root.append('path').attr('class', 'histogram-outline'),
    limits: root.append('g').attr('class', 'histogram-limits'),
    axis: root.append('g').attr('class', 'histogram-axis'),
  };
}

export class Histogram {
  readonly element = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  private readonly drawing: Drawing;
  private readonly cleanups: (() => void)[] = [];
  private statistics: Statistics | null = null;
  private color: ColorSettings | null = null;
  private logCounts = false;

  constructor(container: HTMLElement) {
    this.element.setAttribute('class', 'histogram-chart');
    this.element.setAttribute('role', 'img');
    this.drawing = drawing(this.element);
    container.append(this.element);
    const observer = new ResizeObserver(() => this.draw());
    observer.observe(this.element);
    this.cleanups.push(
      () => observer.disconnect(),
      onThemeChange(() => this.draw()),
    );
  }

  show(statistics: Statistics | null): void {
    this.statistics = statistics;
    this.draw();
  }

  /** Colours the bars like the heatmap and marks the ends of its colour scale. `null` removes both. */
  setColor(color: ColorSettings | null): void {
    this.color = color;
    this.draw();
  }

  setLogCounts(log: boolean): void {
    this.logCounts = log;
    this.draw();
  }

  dispose(): void {
    for (const cleanup of this.cleanups) cleanup();
    this.element.remove();
  }

  private draw(): void {
    const width = this.element.clientWidth - MARGIN.left - MARGIN.right;
    const { statistics, element } = this;
    if (width <= 0) return;
    const bins = statistics
      ? gatherBins(statistics.histogram, statistics.min, statistics.max, width / NARROWEST_BAR)
      : [];
    element.setAttribute('aria-label', this.description(bins));
    const [first, last] = [bins[0]?.from ?? 0, bins.at(-1)?.to ?? 0];
    // If all values are equal, the one bar gets some space around it.
    const room = first === last ? Math.abs(first) * 0.1 || 1 : 0;
    const x = scaleLinear([first - room, last + room], [0, width]);
    this.drawBars(bins, x);
    this.drawLimits(bins.length > 0 ? x : null, width);
    const count = Math.max(3, Math.floor(width / TICK_SPACING));
    this.drawing.axis
      .attr('display', bins.length > 0 ? null : 'none')
      .attr('transform', `translate(${MARGIN.left},${HEIGHT - MARGIN.bottom})`)
      .call(axis('bottom', { scale: x, count, label: (value) => formatNumber(value, 3), length: TICK_LENGTH }));
  }

  private drawBars(bins: readonly Bin[], x: (value: number) => number): void {
    const tallest = bins.reduce((most, { count }) => Math.max(most, count), 0);
    const full = HEIGHT - MARGIN.top - MARGIN.bottom;
    const map = this.color && createColorMap(this.color, themeKind());
    // A bin that is not empty is at least a pixel high, so that it is seen.
    const height = ({ count }: Bin): number =>
      count > 0 ? Math.max(1, barHeight(count, tallest, this.logCounts) * full) : 0;
    const left = ({ from, to }: Bin): number => (from === to ? x(from) - 2 : x(from));
    const right = ({ from, to }: Bin): number => (from === to ? x(to) + 2 : x(to));
    const bars = this.drawing.bars
      .attr('transform', `translate(${MARGIN.left},${MARGIN.top})`)
      .selectAll<SVGRectElement, Bin>('rect')
      .data(bins)
      .join((enter) => {
        const bar = enter.append('rect');
        bar.append('title');
        return bar;
      });
    bars
      .attr('x', left)
      .attr('width', (bin) => Math.max(1, right(bin) - left(bin)))
      .attr('y', (bin) => full - height(bin))
      .attr('height', height)
      .attr('fill', ({ from, to }) => (map ? cssColorOf((from + to) / 2, map) : null));
    const steps = bins.map((bin) => `V${full - height(bin)} H${right(bin)}`);
    this.drawing.outline
      .attr('transform', `translate(${MARGIN.left},${MARGIN.top})`)
      .attr('d', bins[0] ? `M${left(bins[0])},${full} ${steps.join(' ')} V${full}` : null);
    bars
      .select('title')
      .text(({ from, to, count }) => `${formatNumber(from)} to ${formatNumber(to)}: ${formatCount(count)}`);
  }

  private drawLimits(x: ((value: number) => number) | null, width: number): void {
    const ends =
      x && this.color
        ? colorDomain(this.color)
            .map(x)
            .filter((at) => at > 0 && at < width)
        : [];
    this.drawing.limits
      .attr('transform', `translate(${MARGIN.left},${MARGIN.top - 4})`)
      .selectAll<SVGLineElement, number>('line')
      .data(ends)
      .join('line')
      .attr('x1', (at) => at)
      .attr('x2', (at) => at)
      .attr('y2', HEIGHT - MARGIN.top - MARGIN.bottom + 4);
  }

  private description(bins: readonly Bin[]): string {
    const { statistics } = this;
    if (!statistics || bins.length === 0) return 'Histogram: no finite values';
    const range = `from ${formatNumber(statistics.min)} to ${formatNumber(statistics.max)}`;
    return `Histogram of ${formatCount(statistics.count)} values ${range}, mean ${formatNumber(statistics.mean)}`;
  }
}
