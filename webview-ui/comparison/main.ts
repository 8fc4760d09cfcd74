import '../shared/base.css';
import '../shared/budget/budget.css';
import './comparison.css';
import type { BudgetEvents, BudgetInputs, BudgetReport, ComparisonRequests } from '../../src/protocol/calculator';
import { Endpoint } from '../../src/protocol/rpc';
import { latestReport } from './latestReport';
import { BudgetControls } from '../shared/budget/controls';
import { h, replace } from '../shared/element';
import { hostTransport, viewState } from '../shared/hostTransport';
import { BarChart } from './barChart';
import { GrowthChart } from './growthChart';
import { Scatter } from './scatter';
import { ComparisonTable } from './table';

const host = new Endpoint<ComparisonRequests, Record<never, never>, Record<never, never>, BudgetEvents>(
  hostTransport(),
  {},
);
/** After a reload the host restores the panel with these inputs. */
const kept = viewState<{ readonly inputs?: BudgetInputs }>({});

const title = h('h1');
const summary = h('p', { class: 'peft-muted' });
const table = new ComparisonTable();
const bars = new BarChart();
const growth = new GrowthChart();
const charts = h(
  'div',
  { class: 'charts' },
  section('Trainable parameters', bars.root),
  section('Growth with the setting', growth.root),
);
const scatter = new Scatter();
let swept = 0;
const notes = h('ul', { class: 'notes peft-muted' });
const warnings = h('ul', { class: 'budget-warnings' });
const status = h('span', { class: 'peft-muted', role: 'status' });
const failure = h('p', { class: 'budget-message', role: 'alert', hidden: true });

const fail = (error: unknown): void => {
  failure.textContent = error instanceof Error ? error.message : String(error);
  failure.hidden = false;
};

const compute = latestReport((inputs) => host.request('budget/compute', { inputs }), show, fail);
const controls = new BudgetControls((inputs) => {
  kept.set({ inputs });
  compute(inputs);
});

function show(report: BudgetReport): void {
  failure.hidden = true;
  page.classList.remove('loading');
  status.textContent = '';
  title.textContent = report.modelTitle;
  summary.textContent = report.modelSummary;
  controls.showReport(report);
  table.show(report);
  bars.show(report);
  growth.show(report);
  sweep();
  charts.hidden = report.growth.length === 0;
  const fileNotes = report.methods
    .filter(({ fileNote }) => fileNote)
    .map(({ label, fileNote }) => `${label}: ${fileNote}`);
  replace(
    notes,
    [report.shareNote, ...fileNotes].filter(Boolean).map((note) => h('li', {}, note)),
  );
  replace(
    warnings,
    report.warnings.map((warning) => h('li', {}, warning)),
  );
}

/** The sweep takes longer than the counts, so it starts after them. Only the newest one is shown. */
function sweep(): void {
  const asked = ++swept;
  host.request('comparison/sweep', {}).then((points) => {
    if (asked === swept) scatter.show(points);
  }, fail);
}

function copyButton(label: string, format: 'markdown' | 'csv'): HTMLElement {
  const button = h('button', { type: 'button', class: 'budget-button secondary' }, label);
  button.addEventListener('click', () => {
    const copied = (): void => void (status.textContent = `Copied as ${format === 'csv' ? 'CSV' : 'Markdown'}`);
    host.request('comparison/copy', { inputs: controls.inputs, format }).then(copied, fail);
  });
  return button;
}

function section(heading: string, content: Node): HTMLElement {
  return h('section', {}, h('h2', {}, heading), content);
}

const copyButtons = [copyButton('Copy as Markdown', 'markdown'), copyButton('Copy as CSV', 'csv')];
const header = h('header', {}, h('div', {}, title, summary), h('div', { class: 'buttons' }, copyButtons, status));
const results = h(
  'div',
  { class: 'results' },
  failure,
  warnings,
  table.root,
  charts,
  section('Parameters against training memory', scatter.root),
  notes,
);
const page = h(
  'main',
  { class: 'comparison loading' },
  h('p', { class: 'peft-muted loading-note', role: 'status' }, 'Reading the models…'),
  header,
  h('div', { class: 'settings' }, controls.root),
  results,
);
document.getElementById('app')?.append(page);

host.on('models/changed', ({ models, report }) => {
  controls.showModels(models);
  show(report);
});

host.on('inputs/changed', ({ models, inputs, report }) => {
  kept.set({ inputs });
  controls.showInputs(models, inputs);
  show(report);
});

host.request('budget/ready', {}).then(({ models, inputs, report }) => {
  kept.set({ inputs });
  controls.showInputs(models, inputs);
  show(report);
}, fail);
