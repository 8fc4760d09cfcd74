import '../shared/base.css';
import '../shared/budget/budget.css';
import './calculator.css';
import './plan/plan.css';
import type { BudgetEvents, BudgetReport, CalculatorRequests } from '../../src/protocol/calculator';
import { Endpoint } from '../../src/protocol/rpc';
import { BudgetControls } from '../shared/budget/controls';
import { h, replace } from '../shared/element';
import { hostTransport } from '../shared/hostTransport';
import { BROWSER_TIMERS } from '../shared/timers';
import { Answers } from './answers';
import { MethodRows } from './methodRows';
import { PlanPanel } from './plan/planPanel';
import { sharedSettings } from './plan/sharedSettings';

const host = new Endpoint<CalculatorRequests, Record<never, never>, Record<never, never>, BudgetEvents>(
  hostTransport(),
  {},
);

const rows = new MethodRows();
const shareNote = h('p', { class: 'peft-muted budget-note' });
const warnings = h('ul', { class: 'budget-warnings' });
const failure = h('p', { class: 'budget-message', role: 'alert', hidden: true });

const fail = (error: unknown): void => {
  failure.textContent = error instanceof Error ? error.message : String(error);
  failure.hidden = false;
};

const answers = new Answers(
  {
    compute: (changes) => host.request('calculator/compute', changes),
    fit: () => host.request('plan/fit', {}),
  },
  {
    budget: show,
    plan: (report) => plan.show(report),
    fit: (fit) => plan.showFit(fit),
    failed: fail,
  },
  BROWSER_TIMERS,
);

const controls = new BudgetControls((inputs) => answers.change({ inputs }));
const openPlan = h('button', { type: 'button', class: 'budget-link' }, 'Open beside the editor');
openPlan.addEventListener('click', () => void host.request('calculator/run', { command: 'plan' }).catch(fail));

const plan = new PlanPanel(
  {
    changed: (inputs) => answers.change({ plan: inputs }),
    copy: (text) => host.request('plan/copy', { text }),
    save: (text) => host.request('plan/save', { text }),
  },
  fail,
);

function show(report: BudgetReport): void {
  failure.hidden = true;
  page.classList.remove('loading');
  controls.showReport(report);
  rows.show(report);
  plan.follow(sharedSettings(controls.inputs, report));
  shareNote.textContent = report.shareNote;
  replace(
    warnings,
    report.warnings.map((warning) => h('li', {}, warning)),
  );
}

function button(label: string, command: 'compare' | 'demo', kind: string): HTMLElement {
  const made = h('button', { type: 'button', class: `budget-button ${kind}` }, label);
  made.addEventListener('click', () => void host.request('calculator/run', { command }).catch(fail));
  return made;
}

/** Only empty fields exist before the first report, so the page shows a note in their place. */
const page = h(
  'main',
  { class: 'calculator loading' },
  h('h1', { class: 'peft-unseen' }, 'Parameter calculator'),
  h('p', { class: 'peft-muted loading-note', role: 'status' }, 'Reading the models…'),
  failure,
  plan.fit.root,
  openPlan,
  controls.root,
  rows.root,
  shareNote,
  warnings,
  h('div', { class: 'buttons' }, button('Compare...', 'compare', ''), button('Run Demo', 'demo', 'secondary')),
  plan.root,
);
document.getElementById('app')?.append(page);

host.on('models/changed', ({ models, report }) => {
  controls.showModels(models);
  show(report);
  answers.change({});
});

host.on('inputs/changed', ({ models, inputs, report }) => {
  controls.showInputs(models, inputs);
  show(report);
  answers.change({});
});

host.request('budget/ready', {}).then(({ models, inputs, report }) => {
  controls.showInputs(models, inputs);
  show(report);
}, fail);
host.request('plan/ready', {}).then(({ choices, plan: inputs }) => {
  plan.start(choices, inputs);
  answers.change({});
}, fail);
