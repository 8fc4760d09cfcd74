/** The details panel's card about the matrix used last: what it is, its statistics, its histogram. */

import type { Statistics } from '../../../../src/protocol/matrix';
import { matrixKey } from '../../../../src/protocol/matrixKey';
import { Histogram } from '../../../shared/histogram';
import { formatCount, formatNumber, formatPercent } from '../../../shared/formatNumber';
import type { ViewContext } from '../../context';
import { AUTO_STATISTICS_ENTRIES } from '../../data/colorModel';
import { shortened } from '../../data/cellText';
import type { Subject } from '../../data/subject';
import { visibleName, visibleText } from '../../../shared/visibleText';
import { h, replace } from '../../../shared/element';
import { fact } from '../notes/facts';
import { longWork } from '../notes/progressNote';

/** A moving slider passes steps faster than this. Only the step it stops at is measured. */
const SETTLE_MS = 120;

const BAD = { className: 'bad' };

export class MatrixCard {
  private readonly title = h('h2', {});
  private readonly name = h('p', { class: 'tensor-name' });
  private readonly work = h('div');
  private readonly picture = h('div', { class: 'histogram' });
  private readonly facts = h('dl', { class: 'facts' });
  readonly element = h('section', { class: 'card' }, this.title, this.name, this.picture, this.work, this.facts);
  private readonly histogram = new Histogram(this.picture);
  private readonly listening: readonly (() => void)[];
  private stop: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private shownKey = '';

  constructor(private readonly context: ViewContext) {
    const { active } = context;
    this.listening = [
      active.onChange(() => this.show()),
      active.onColor(() => this.histogram.setColor(active.current?.color ?? null)),
    ];
    this.show();
  }

  dispose(): void {
    for (const end of this.listening) end();
    this.stop?.();
    clearTimeout(this.timer);
    this.histogram.dispose();
  }

  private show(): void {
    const subject = this.context.active.current?.subject ?? null;
    this.element.hidden = subject === null;
    const key = subject ? matrixKey(subject.matrix) : '';
    if (!subject || key === this.shownKey) return;
    this.shownKey = key;
    this.stop?.();
    clearTimeout(this.timer);
    this.title.textContent = subject.title === subject.name ? 'Tensor' : subject.title;
    this.name.textContent = visibleName(shortened(subject.name));
    this.name.title = visibleText(subject.name);
    const known = this.context.client.knownStatistics(subject.matrix);
    if (known) return this.showStatistics(subject, known);
    replace(this.facts, shapeFacts(subject));
    if (subject.rows * subject.columns <= AUTO_STATISTICS_ENTRIES) {
      this.timer = setTimeout(() => this.compute(subject, false), SETTLE_MS);
    } else {
      this.picture.hidden = true;
      replace(this.work, this.readButton('Compute statistics', subject));
    }
  }

  private readButton(label: string, subject: Subject): HTMLElement {
    return h('button', { type: 'button', class: 'small', onclick: () => this.compute(subject, true) }, label);
  }

  /** `whole` makes the statistics exact, as the user asked. Without it they may come from a sample. */
  private compute(subject: Subject, whole: boolean): void {
    const { client, active } = this.context;
    this.stop?.();
    this.stop = longWork(this.work, {
      title: 'Reading the matrix',
      again: 'Compute statistics',
      run: (signal, onProgress) => client.statistics(subject.matrix, { signal, onProgress, whole }),
      done: (statistics) => {
        this.showStatistics(subject, statistics);
        active.current?.recolor();
      },
    });
  }

  private showStatistics(subject: Subject, statistics: Statistics): void {
    replace(this.work, statistics.sampled && this.readButton('Read all entries', subject));
    this.picture.hidden = false;
    this.histogram.show(statistics);
    this.histogram.setColor(this.context.active.current?.color ?? null);
    replace(this.facts, shapeFacts(subject), statisticsFacts(statistics));
  }
}

function shapeFacts({ rows, columns, dtype }: Subject): Node[] {
  return fact('shape', `${formatCount(rows)} × ${formatCount(columns)} · ${dtype}`);
}

function statisticsFacts(statistics: Statistics): Node[] {
  const { count, nan, positiveInfinity, negativeInfinity, zeros } = statistics;
  return [
    ...fact('min … max', `${formatNumber(statistics.min)} … ${formatNumber(statistics.max)}`),
    ...fact('mean ± s.d.', `${formatNumber(statistics.mean)} ± ${formatNumber(statistics.standardDeviation)}`),
    ...fact('Frobenius norm', formatNumber(statistics.norm)),
    ...(zeros > 0 ? fact('zeros', `${formatCount(zeros)} (${formatPercent(zeros / count)})`) : []),
    ...(nan > 0 ? fact('NaN', formatCount(nan), BAD) : []),
    ...(positiveInfinity > 0 ? fact('+Inf', formatCount(positiveInfinity), BAD) : []),
    ...(negativeInfinity > 0 ? fact('−Inf', formatCount(negativeInfinity), BAD) : []),
    ...(statistics.sampled ? fact('note', `from a sample of ${formatCount(count)} entries`) : []),
  ];
}
