import '../shared/base.css';
import '../shared/budget/budget.css';
import './calculator.css';
import './plan/plan.css';
import type { BudgetEvents, BudgetReport, CalculatorRequests } from '../../src/protocol/calculator';
import { Endpoint } from '../../src/protocol/rpc';
import { latestReport } from '../shared/budget/channel';
import { BudgetControls } from '../shared/budget/controls';
import { h as element } from '../shared/element';
import { hostTransport } from '../shared/hostTransport';
import { MethodRows } from './methodRows';
import { PlanPanel } from './plan/planPanel';

const host = new Endpoint<CalculatorRequests, Record<never, never>, Record<never, never>, BudgetEvents>(
  hostTransport(),
  {},
);

const rows = new MethodRows();
const denominator = element('p', { class: 'peft-muted budget-note' });
const warnings = element('ul', { class: 'budget-warnings' });
const failure = element('p', { class: 'budget-message', role: 'alert', hidden: true });

const fail = (error: unknown): void => {
  failure.textContent = error instanceof Error ? error.message : String(error);
  failure.hidden = false;
};

const controls = new BudgetControls(latestReport((inputs) => host.request('budget/compute', { inputs }), show, fail));

const plan = new PlanPanel(
  {
    compute: (inputs) => host.request('plan/compute', { plan: inputs }),
    fit: (inputs) => host.request('plan/fit', { plan: inputs }),
    copy: (text) => host.request('plan/copy', { text }),
    save: (text) => host.request('plan/save', { text }),
  },
  fail,
);

function show(report: BudgetReport): void {
  failure.hidden = true;
  page.classList.remove('loading');
  plan.compute();
  controls.showReport(report);
  rows.show(report);
  denominator.textContent = report.denominator && `Ratios are of ${report.denominator}.`;
  warnings.replaceChildren(...report.warnings.map((warning) => element('li', {}, warning)));
}

function button(label: string, command: 'compare' | 'demo', kind: string): HTMLElement {
  const made = element('button', { type: 'button', class: `budget-button ${kind}` }, label);
  made.addEventListener('click', () => void host.request('calculator/run', { command }).catch(fail));
  return made;
}

/** Until the first report there is nothing to show but empty fields. */
const page = element(
  'main',
  { class: 'calculator loading' },
  element('p', { class: 'peft-muted loading-note', role: 'status' }, 'Reading the models…'),
  failure,
  controls.root,
  rows.root,
  denominator,
  warnings,
  element('div', { class: 'buttons' }, button('Compare...', 'compare', ''), button('Run Demo', 'demo', 'secondary')),
  plan.root,
);
document.getElementById('app')?.append(page);

host.on('models/changed', ({ models, report }) => {
  controls.showModels(models);
  show(report);
});

host.on('inputs/changed', ({ models, inputs, report }) => {
  controls.showInputs(models, inputs);
  show(report);
});

host.request('budget/ready', {}).then(({ models, inputs, report }) => {
  controls.showInputs(models, inputs);
  show(report);
}, fail);
host.request('plan/ready', {}).then(({ choices, plan: inputs }) => plan.start(choices, inputs), fail);
