import type { BudgetReport, MethodBudget } from '../../src/protocol/calculator';
import { h as element } from '../shared/element';

const COLUMNS: readonly (readonly [string, string])[] = [
  ['Method', ''],
  ['Trainable parameters', 'number'],
  ['Ratio', 'number'],
  ['Trainable %', 'number percent'],
  ['File size', 'number'],
  ['How it is counted', ''],
];

/** The comparison in figures, one row a method. */
export class ComparisonTable {
  readonly root: HTMLElement;
  private readonly body = element('tbody');

  constructor() {
    const heads = COLUMNS.map(([label, kind]) => element('th', { scope: 'col', class: kind }, label));
    const caption = element('caption', { class: 'peft-unseen' }, 'Parameter budgets by method');
    this.root = element(
      'div',
      { class: 'table', tabindex: 0, role: 'region', 'aria-label': 'Figures' },
      element('table', {}, caption, element('thead', {}, element('tr', {}, ...heads)), this.body),
    );
  }

  show({ methods }: BudgetReport): void {
    this.body.replaceChildren(...methods.map(tableRow));
  }
}

function tableRow(method: MethodBudget): HTMLElement {
  const name = element('th', { scope: 'row' }, element('i', { class: 'budget-swatch' }), method.label);
  const row = element(
    'tr',
    { 'data-method': method.method },
    name,
    element('td', { class: 'number count' }, method.parametersText),
    element('td', { class: 'number' }, method.ratioText),
    element('td', { class: 'number percent' }, method.trainablePercentText || '\u2013'),
    element('td', { class: 'number', title: method.fileNote }, method.fileText),
    element('td', { class: 'how' }, ...howCounted(method)),
  );
  return row;
}

function howCounted({ detail, formula, problem }: MethodBudget): Node[] {
  if (problem) return [element('span', { class: 'problem' }, problem)];
  return [element('span', {}, detail), element('span', { class: 'peft-muted formula' }, formula)];
}
