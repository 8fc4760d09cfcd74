import { select } from 'd3';
import type { BudgetReport, MethodBudget } from '../../src/protocol/calculator';
import { axis } from '../shared/axes';
import { decades, decadeTicks, logScale, tickLabel } from '../shared/budget/logScale';

const ROW = 38;
const BAR = 20;
const MARGIN = { top: 4, right: 8, bottom: 40, left: 112 };
/** If the chart is narrower than this (in px), names are above their bars. */
const NARROW = 420;
/** Half the width of the first tick's label. */
const NARROW_LEFT = 14;
/** Space in px between the ends of the grid lines and their labels. */
const LABEL_PADDING = 6;
/** Space for the longest count beside its bar. */
const VALUE_ROOM = 100;

/** A bar chart of the counts on a logarithmic axis. */
export class BarChart {
  readonly root = document.createElement('figure');
  private readonly svg = select(this.root).append('svg').attr('role', 'img');
  private report: BudgetReport | null = null;

  constructor() {
    this.root.className = 'chart bar-chart';
    this.svg.append('g').attr('class', 'budget-axis');
    this.svg.append('g').attr('class', 'bars');
    this.svg
      .append('text')
      .attr('class', 'budget-axis-label')
      .attr('text-anchor', 'middle')
      .text('Trainable parameters, log scale');
    new ResizeObserver(() => this.draw()).observe(this.root);
  }

  show(report: BudgetReport): void {
    this.report = report;
    const spoken = report.methods.map(({ label, parametersText }) => `${label} ${parametersText}`).join(', ');
    this.svg.attr('aria-label', `Trainable parameters as bars on a log scale: ${spoken}`);
    this.draw();
  }

  private draw(): void {
    const width = this.root.clientWidth;
    if (!this.report || width === 0) return;
    const { methods } = this.report;
    const narrow = width < NARROW;
    const left = narrow ? NARROW_LEFT : MARGIN.left;
    const bottom = MARGIN.top + methods.length * ROW;
    const scale = logScale(decades(methods.map(({ parameters }) => parameters ?? 0)), [
      left,
      width - MARGIN.right - VALUE_ROOM,
    ]);
    const ticks = decadeTicks(scale);
    this.svg.attr('width', width).attr('height', bottom + MARGIN.bottom);

    this.svg
      .select<SVGGElement>('.budget-axis')
      .attr('transform', `translate(0, ${bottom})`)
      .call(axis('bottom', { scale, values: ticks, label: tickLabel, length: -bottom, padding: LABEL_PADDING }));
    this.svg
      .select('.budget-axis-label')
      .attr('x', (left + width - MARGIN.right - VALUE_ROOM) / 2)
      .attr('y', bottom + MARGIN.bottom - 6);

    const rows = this.svg
      .select('.bars')
      .selectAll<SVGGElement, MethodBudget>('g')
      .data(methods, ({ method }) => method)
      .join((enter) => {
        const row = enter.append('g').attr('data-method', ({ method }) => method);
        row.append('rect').attr('class', 'fill budget-bar').attr('height', BAR).attr('rx', 2).attr('x', left);
        row.append('text').attr('class', 'label');
        row.append('text').attr('class', 'value');
        row.append('title');
        return row;
      })
      .attr('transform', (_, i) => `translate(0, ${MARGIN.top + i * ROW})`);
    const end = ({ parameters }: MethodBudget): number => (parameters === null ? left : scale(Math.max(1, parameters)));
    const barTop = narrow ? 14 : (ROW - BAR) / 2;
    rows.select('title').text(({ detail, formula, problem }) => problem || `${detail}\n${formula}`);
    rows
      .select('.label')
      .text(({ label }) => label)
      .attr('x', narrow ? left : left - 8)
      .attr('y', narrow ? 11 : ROW / 2)
      .attr('dy', narrow ? null : '0.35em')
      .attr('text-anchor', narrow ? 'start' : 'end');
    rows
      .select('.fill')
      .attr('y', barTop)
      .attr('x', left)
      .style('width', (method) => `${Math.max(0, end(method) - left)}px`);
    rows
      .select('.value')
      .text(({ parametersText }) => parametersText)
      .attr('y', barTop + BAR / 2)
      .attr('dy', '0.35em')
      .style('transform', (method) => `translateX(${end(method) + 6}px)`);
  }
}
