import { select } from 'd3';
import type { BudgetReport, MethodBudget } from '../../src/protocol/calculator';
import { axis } from '../shared/axes';
import { h } from '../shared/element';
import { decades, decadeTicks, logScale, tickLabel } from '../shared/budget/logScale';

const BAR_HEIGHT = 8;
const AXIS_HEIGHT = 34;

/** A row for each method with its figures above its bar, and one logarithmic axis below all bars. */
export class MethodRows {
  readonly root = h('div', { class: 'rows', role: 'table', 'aria-label': 'Trainable parameters by method' });
  private readonly body = h('div', { role: 'rowgroup' });
  private readonly axis = select(this.root.ownerDocument.createElementNS('http://www.w3.org/2000/svg', 'svg'));
  private readonly rows: Row[] = [];
  private report: BudgetReport | null = null;
  private width = 0;

  constructor() {
    const heading = h(
      'div',
      { class: 'row headings peft-muted', role: 'row' },
      h('span', { role: 'columnheader', class: 'name' }, 'Method'),
      h('span', { role: 'columnheader', class: 'count' }, 'Trainable'),
      h('span', { role: 'columnheader', class: 'ratio' }, 'Ratio'),
      h('span', { role: 'columnheader', class: 'file' }, 'File'),
    );
    this.axis.attr('class', 'budget-axis axis').attr('height', AXIS_HEIGHT).attr('aria-hidden', 'true');
    this.root.append(h('div', { role: 'rowgroup' }, heading), this.body);
    const axisNode = this.axis.node();
    if (axisNode) this.root.append(axisNode);
    new ResizeObserver(() => this.draw()).observe(this.root);
  }

  show(report: BudgetReport): void {
    this.report = report;
    while (this.rows.length < report.methods.length) {
      const row = new Row();
      this.rows.push(row);
      this.body.append(row.root);
    }
    report.methods.forEach((method, i) => this.rows[i]?.show(method));
    this.draw();
  }

  private draw(): void {
    this.width = this.body.clientWidth;
    if (!this.report || this.width === 0) return;
    const counts = this.report.methods.map(({ parameters }) => parameters ?? 0);
    const scale = logScale(decades(counts), [0, this.width]);
    const ticks = decadeTicks(scale);
    this.rows.forEach((row, i) => row.draw(scale(Math.max(1, counts[i] ?? 0)), this.width, ticks.map(scale)));
    this.axis.attr('width', this.width);
    const marks = axis('bottom', { scale, values: ticks, label: tickLabel });
    const group = this.axis.selectAll<SVGGElement, null>('g').data([null]).join('g').call(marks);
    // The outermost labels stay inside the picture.
    group.selectAll<SVGTextElement, number>('text').attr('text-anchor', (value) => {
      const x = scale(value);
      return x < 12 ? 'start' : x > this.width - 12 ? 'end' : 'middle';
    });
    this.axis
      .selectAll('.budget-axis-label')
      .data(['Trainable parameters, log scale'])
      .join('text')
      .attr('class', 'budget-axis-label')
      .attr('x', this.width / 2)
      .attr('y', AXIS_HEIGHT - 3)
      .attr('text-anchor', 'middle')
      .text((label) => label);
  }
}

class Row {
  readonly root = h('div', { class: 'row', role: 'row' });
  private readonly label = h('span');
  private readonly count = h('span', { role: 'cell', class: 'count' });
  private readonly detail = h('span', { class: 'detail peft-muted' });
  private readonly share = h('span', { role: 'cell', class: 'ratio' });
  private readonly file = h('span', { role: 'cell', class: 'file' });
  private readonly bar = select(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));

  constructor() {
    this.bar.attr('class', 'bar').attr('height', BAR_HEIGHT).attr('aria-hidden', 'true');
    this.bar.append('g');
    this.bar.append('rect').attr('class', 'budget-bar').attr('height', BAR_HEIGHT).attr('rx', 1);
    const name = h('span', { class: 'name', role: 'rowheader' }, h('i', { class: 'budget-swatch' }), this.label);
    this.root.append(name, this.count, this.detail, this.share, this.file);
    const bar = this.bar.node();
    if (bar) this.root.append(bar);
  }

  show(method: MethodBudget): void {
    this.root.dataset['method'] = method.method;
    this.root.title = [method.detail, method.formula, method.fileNote].filter(Boolean).join('\n');
    this.label.textContent = method.label;
    this.count.textContent = method.parametersText;
    this.detail.textContent = method.problem || method.detail;
    this.detail.classList.toggle('problem', method.problem !== '');
    this.share.textContent = method.shareText;
    this.file.textContent = method.fileText;
    this.root.classList.toggle('unknown', method.parameters === null);
  }

  /** All lengths are in px. */
  draw(length: number, width: number, gridlines: readonly number[]): void {
    this.bar.attr('width', width);
    this.bar
      .select('g')
      .selectAll('line')
      .data(gridlines)
      .join('line')
      .attr('class', 'budget-gridline')
      .attr('x1', (x) => x)
      .attr('x2', (x) => x)
      .attr('y2', BAR_HEIGHT);
    this.bar.select('rect').style('width', `${this.root.classList.contains('unknown') ? 0 : Math.max(1, length)}px`);
  }
}
