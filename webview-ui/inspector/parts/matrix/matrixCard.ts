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
import { longWork } from '../notes/progressNote';

/** A moving slider passes steps faster than this. Only the step it stops at is measured. */
const SETTLE_MS = 120;

export interface MatrixCard {
  readonly element: HTMLElement;
  dispose(): void;
}

export function matrixCard(context: ViewContext): MatrixCard {
  const { client, active } = context;
  const title = h('h3', {});
  const name = h('p', { class: 'tensor-name' });
  const work = h('div');
  const picture = h('div', { class: 'histogram' });
  const facts = h('dl', { class: 'facts' });
  const element = h('section', { class: 'card' }, title, name, picture, work, facts);
  const histogram = new Histogram(picture);
  let stop: (() => void) | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shownKey = '';

  function show(): void {
    const subject = active.current?.subject ?? null;
    element.hidden = subject === null;
    const key = subject ? matrixKey(subject.matrix) : '';
    if (!subject || key === shownKey) return;
    shownKey = key;
    stop?.();
    clearTimeout(timer);
    title.textContent = subject.title === subject.name ? 'Tensor' : subject.title;
    name.textContent = visibleName(shortened(subject.name));
    name.title = visibleText(subject.name);
    const known = client.knownStatistics(subject.matrix);
    if (known) return showStatistics(subject, known);
    replace(facts, ...shapeFacts(subject));
    if (subject.rows * subject.columns <= AUTO_STATISTICS_ENTRIES) {
      timer = setTimeout(() => compute(subject, false), SETTLE_MS);
    } else {
      picture.hidden = true;
      replace(
        work,
        h('button', { type: 'button', class: 'small', onclick: () => compute(subject, true) }, 'Compute statistics'),
      );
    }
  }

  /** `whole` makes the statistics exact, as the user asked. Without it they may come from a sample. */
  function compute(subject: Subject, whole: boolean): void {
    stop?.();
    stop = longWork(work, {
      title: 'Reading the matrix',
      again: 'Compute statistics',
      run: (signal, onProgress) => client.statistics(subject.matrix, { signal, onProgress, whole }),
      done: (statistics) => {
        showStatistics(subject, statistics);
        active.current?.recolor();
      },
    });
  }

  function showStatistics(subject: Subject, statistics: Statistics): void {
    replace(
      work,
      statistics.sampled &&
        h('button', { type: 'button', class: 'small', onclick: () => compute(subject, true) }, 'Read all entries'),
    );
    picture.hidden = false;
    histogram.show(statistics);
    histogram.setColor(active.current?.color ?? null);
    replace(facts, ...shapeFacts(subject), ...statisticsFacts(statistics));
  }

  const unsubscribe = active.onChange(show);
  const stopColors = active.onColor(() => histogram.setColor(active.current?.color ?? null));
  show();
  return {
    element,
    dispose() {
      unsubscribe();
      stopColors();
      stop?.();
      clearTimeout(timer);
      histogram.dispose();
    },
  };
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
    ...(nan > 0 ? fact('NaN', formatCount(nan), 'bad') : []),
    ...(positiveInfinity > 0 ? fact('+Inf', formatCount(positiveInfinity), 'bad') : []),
    ...(negativeInfinity > 0 ? fact('−Inf', formatCount(negativeInfinity), 'bad') : []),
    ...(statistics.sampled ? fact('note', `from a sample of ${formatCount(count)} entries`) : []),
  ];
}

function fact(label: string, text: string, className = ''): Node[] {
  return [h('dt', {}, label), h('dd', { class: className }, text)];
}
