/** Trainable parameters against memory: every method at its defaults, the Pareto front, and a sweep of ranks. */

import type { PlanPoint, PlanSweep } from '../../src/protocol/plan';
import { formatCount, formatMemory } from '../../src/text/numberText';
import { h } from '../shared/element';
import { canBeDrawn, scatterPicture } from './scatterPicture';

export class Scatter {
  readonly root = h('div', { class: 'scatter' });
  private readonly frame = h('div', { class: 'scatter-frame' });
  private sweep: PlanSweep | null = null;

  constructor() {
    this.root.append(h('p', { class: 'peft-muted', role: 'status' }, 'Estimating every method…'));
    new ResizeObserver(() => this.draw()).observe(this.frame);
  }

  show(sweep: PlanSweep): void {
    this.sweep = sweep;
    const { methods, ranks, planned } = sweep;
    if (![...methods, ...ranks].some(canBeDrawn))
      return this.root.replaceChildren(h('p', { class: 'peft-muted' }, 'No method can be estimated on this model.'));
    this.root.replaceChildren(
      this.frame,
      legend(ranks.length > 1),
      rows(methods, [...(planned ? [planned] : []), ...ranks]),
    );
    this.draw();
  }

  private draw(): void {
    const width = this.frame.clientWidth;
    if (this.sweep && width > 0) this.frame.replaceChildren(scatterPicture(this.sweep, width));
  }
}

function legend(ranks: boolean): HTMLElement {
  return h(
    'p',
    { class: 'peft-muted' },
    'Each dot is a method at its defaults, with the training setup of the calculator. ' +
      'The line joins the methods that train the most parameters for their memory.',
    ' The diamond is your plan.',
    ranks ? ' The small dots are other ranks of its method.' : '',
  );
}

/** The points as a table, for screen readers and for exact numbers. */
function rows(methods: readonly PlanPoint[], ranks: readonly PlanPoint[]): HTMLElement {
  const row = ({ label, trainable, bytes }: PlanPoint): HTMLElement =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, label),
      h('td', {}, formatCount(trainable)),
      h('td', {}, formatMemory(bytes)),
    );
  const head = h(
    'tr',
    {},
    ['Method', 'Trainable', 'Memory'].map((label) => h('th', { scope: 'col' }, label)),
  );
  return h(
    'details',
    {},
    h('summary', {}, 'As a table'),
    h(
      'table',
      { class: 'scatter-table' },
      h('thead', {}, head),
      h('tbody', {}, [...methods].sort((a, b) => a.trainable - b.trainable).map(row), ranks.map(row)),
    ),
  );
}
