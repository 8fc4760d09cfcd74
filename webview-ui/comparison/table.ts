import type { BudgetReport, MethodBudget } from '../../src/protocol/calculator';
import { h, replace } from '../shared/element';

/** The report renames this column for the reference's formulas. */
const SHARE = 'Trainable %';

const COLUMNS: readonly (readonly [string, string])[] = [
  ['Method', ''],
  ['Trainable parameters', 'number'],
  [SHARE, 'number'],
  ['File size', 'number'],
  ['How it is counted', ''],
];

/** The figures of the comparison, one row per method. */
export class ComparisonTable {
  readonly root: HTMLElement;
  private readonly body = h('tbody');
  private readonly share: HTMLElement;

  constructor() {
    const heads = COLUMNS.map(([label, kind]) => h('th', { scope: 'col', class: kind }, label));
    this.share = heads[COLUMNS.findIndex(([label]) => label === SHARE)]!;
    const caption = h('caption', { class: 'peft-unseen' }, 'Parameter budgets by method');
    this.root = h(
      'div',
      { class: 'table', tabindex: 0, role: 'region', 'aria-label': 'Figures' },
      h('table', {}, caption, h('thead', {}, h('tr', {}, heads)), this.body),
    );
  }

  show({ methods, shareTitle }: BudgetReport): void {
    this.share.textContent = shareTitle;
    replace(this.body, methods.map(tableRow));
  }
}

function tableRow(method: MethodBudget): HTMLElement {
  const name = h('th', { scope: 'row' }, h('i', { class: 'budget-swatch' }), method.label);
  const row = h(
    'tr',
    { 'data-method': method.method },
    name,
    h('td', { class: 'number count' }, method.parametersText),
    h('td', { class: 'number' }, method.shareText),
    h('td', { class: 'number', title: method.fileNote }, method.fileText),
    h('td', { class: 'how' }, howCounted(method)),
  );
  return row;
}

function howCounted({ detail, formula, problem }: MethodBudget): Node[] {
  if (problem) return [h('span', { class: 'problem' }, problem)];
  return [h('span', {}, detail), h('span', { class: 'peft-muted formula' }, formula)];
}
