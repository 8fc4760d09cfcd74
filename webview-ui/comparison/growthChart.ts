import type { Selection } from 'd3';
import { pointer, select } from 'd3';
import type { BudgetReport, GrowthLine } from '../../src/protocol/calculator';
import { axis } from '../shared/axes';
import { h, replace } from '../shared/element';
import { decadeTicks, tickLabel } from '../shared/budget/logScale';
import { formatCount } from '../../src/text/numberText';
import type { Box, GrowthScales } from './growthScales';
import { countAt, fullCount, growthScales, powerTicks, spread } from './growthScales';

const HEIGHT = 320;
const MARGIN = { top: 10, right: 100, bottom: 42, left: 52 };
const LABEL_GAP = 15;

/**
 * A chart of each method's count over its setting, both logarithmic. The pointer or the arrow keys read the exact
 * counts at any setting. Otherwise the readout shows those at the current settings.
 */
export class GrowthChart {
  readonly root: HTMLElement;
  private readonly readout = h('div', { class: 'readout', 'aria-live': 'polite' });
  private readonly frame = h('div', { class: 'chart growth-chart' });
  private readonly svg = select(this.frame)
    .append('svg')
    .attr('tabindex', 0)
    .attr('role', 'application')
    .attr('aria-label', 'Growth of the counts. Left and right arrow keys read the counts at a setting.');
  private report: BudgetReport | null = null;
  private scales: GrowthScales | null = null;
  private box: Box = { left: 0, right: 0, top: 0, bottom: 0 };
  /** The setting that the user points at; null for the current settings. */
  private setting: number | null = null;

  constructor() {
    this.root = h('figure', {}, this.readout, this.frame);
    for (const part of ['axis-x budget-axis', 'axis-y budget-axis', 'full', 'lines', 'dots', 'rule', 'labels']) {
      this.svg.append('g').attr('class', part);
    }
    this.svg
      .append('text')
      .attr('class', 'budget-axis-label')
      .attr('text-anchor', 'middle')
      .text('Rank, bottleneck, prefix or prompt length');
    this.svg.on('pointermove', (event: PointerEvent) => this.readAt(pointer(event)[0]));
    this.svg.on('pointerleave blur', () => this.read(null));
    this.svg.on('keydown', (event: KeyboardEvent) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.frame);
  }

  show(report: BudgetReport): void {
    this.report = report;
    this.draw();
  }

  private draw(): void {
    const width = this.frame.clientWidth;
    if (!this.report || width === 0) return;
    const { report } = this;
    this.box = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: HEIGHT - MARGIN.bottom };
    const { left, right, top, bottom } = this.box;
    this.scales = growthScales(report, this.box);
    const { x, y, first, last } = this.scales;
    this.svg.attr('width', width).attr('height', HEIGHT);
    this.svg
      .select<SVGGElement>('.axis-x')
      .attr('transform', `translate(0, ${bottom})`)
      .call(axis('bottom', { scale: x, values: powerTicks(this.scales, right - left, 34), label: String, length: 6 }));
    this.svg
      .select<SVGGElement>('.axis-y')
      .attr('transform', `translate(${left}, 0)`)
      .call(axis('left', { scale: y, values: decadeTicks(y, 22), label: tickLabel, length: left - right, padding: 6 }));
    this.svg
      .select('.budget-axis-label')
      .attr('x', (left + right) / 2)
      .attr('y', HEIGHT - 5);

    const full = fullCount(report);
    const fullY = full === null ? [] : [y(full)];
    this.svg
      .select('.full')
      .selectAll('line')
      .data(fullY)
      .join('line')
      .attr('x1', left)
      .attr('x2', right)
      .attr('y1', Number)
      .attr('y2', Number);
    this.group('lines', 'line', report.growth)
      .attr('x1', x(first))
      .attr('x2', x(last))
      .attr('y1', (line) => y(countAt(line, first)))
      .attr('y2', (line) => y(countAt(line, last)));
    this.drawLabels(report, fullY, top);
    this.drawReading();
  }

  /** Draws the names at the ends of their lines and moves them apart if they would overlap. */
  private drawLabels(report: BudgetReport, fullY: readonly number[], top: number): void {
    const { scales, box } = this;
    if (!scales) return;
    const names = [...report.growth.map(({ label }) => label), ...fullY.map(() => 'Full')];
    const ends = [...report.growth.map((line) => scales.y(countAt(line, scales.last))), ...fullY];
    const placed = spread(
      ends.map((end) => Math.max(end, top + 4)),
      LABEL_GAP,
      box.bottom,
    );
    this.svg
      .select('.labels')
      .selectAll('text')
      .data(names)
      .join('text')
      .attr('x', box.right + 8)
      .attr('y', (_, i) => placed[i] ?? 0)
      .attr('dy', '0.35em')
      .attr('data-method', (_, i) => report.growth[i]?.method ?? 'full')
      .text((name) => name);
  }

  private drawReading(): void {
    const { report, scales, setting, box } = this;
    if (!report || !scales) return;
    const at = report.growth.map((line) => ({ ...line, at: setting ?? line.current }));
    const shown = at.filter((line): line is GrowthLine & { at: number } => line.at !== null);
    this.group('dots', 'circle', shown)
      .attr('r', 4)
      .attr('cx', (line) => scales.x(line.at))
      .attr('cy', (line) => scales.y(countAt(line, line.at)));
    const rule = setting === null ? [] : [scales.x(setting)];
    this.svg
      .select('.rule')
      .selectAll('line')
      .data(rule)
      .join('line')
      .attr('x1', Number)
      .attr('x2', Number)
      .attr('y1', box.top)
      .attr('y2', box.bottom);
    replace(
      this.readout,
      h('span', { class: 'at' }, setting === null ? 'At the current settings' : `At ${formatCount(setting)}`),
      at.map((line) => {
        const count = line.at === null ? '\u2013' : formatCount(countAt(line, line.at));
        const name = setting === null && line.at !== null ? `${line.variable} ${formatCount(line.at)}` : line.label;
        const swatch = h('i', { class: 'budget-swatch' });
        return h(
          'span',
          { class: 'reading', 'data-method': line.method },
          swatch,
          h('span', { class: 'peft-muted' }, name),
          h('b', {}, count),
        );
      }),
    );
  }

  private group<T extends GrowthLine>(
    part: string,
    tag: 'line' | 'circle',
    data: readonly T[],
  ): Selection<SVGElement, T, Element, unknown> {
    return this.svg
      .select<Element>(`.${part}`)
      .selectAll<SVGElement, T>(tag)
      .data(data, ({ method }) => method)
      .join(tag as 'line')
      .attr('data-method', ({ method }) => method) as Selection<SVGElement, T, Element, unknown>;
  }

  private readAt(position: number): void {
    if (!this.scales) return;
    const { x, first, last } = this.scales;
    this.read(Math.min(last, Math.max(first, Math.round(x.invert(position)))));
  }

  private read(setting: number | null): void {
    if (this.setting === setting) return;
    this.setting = setting;
    this.drawReading();
  }

  private key(event: KeyboardEvent): void {
    if (!this.scales) return;
    const { first, last } = this.scales;
    const from = this.setting ?? this.report?.growth[0]?.current ?? first;
    const moved = {
      ArrowRight: from + 1,
      ArrowLeft: from - 1,
      PageUp: from * 2,
      PageDown: Math.floor(from / 2),
      Home: first,
      End: last,
    }[event.key];
    if (event.key === 'Escape') this.read(null);
    if (moved === undefined) return;
    event.preventDefault();
    this.read(Math.min(last, Math.max(first, moved)));
  }
}
