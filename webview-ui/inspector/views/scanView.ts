/** All tensors of the checkpoint in one table: norms, extremes, zeros, NaN and infinities. */

import { formatBytes, formatCount } from '../../shared/formatNumber';
import { visibleName } from '../../shared/visibleText';
import type { View, ViewContext } from '../context';
import { SCAN_COLUMNS, scanCsv, sortedRows } from '../data/scanTable';
import type { ScanColumn, ScanRow } from '../data/scanTable';
import { listedTensors } from '../data/tensorList';
import { h, replace } from '../../shared/element';
import { longWork } from '../parts/notes/progressNote';
import { VirtualList } from '../parts/controls/virtualList';

const ROW_PX = 24;
/** The table is sorted at most this often while a scan runs: sorting 200,000 rows takes a good part of a second. */
const REDRAW_MS = 400;

export function scanView(context: ViewContext): View {
  const { description, store, client } = context;
  const { tensors } = description;
  const list = new VirtualList<ScanRow>({
    label: 'Scanned tensors',
    rowHeight: ROW_PX,
    render: scanRow,
    choose: (row) => void (chosen = row.tensor.name),
  });
  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter by words in the name, dtype or shape',
    'aria-label': 'Filter tensors',
    spellcheck: 'false',
    oninput: () => store.set({ filter: filter.value }),
  });
  const findings = h('p', { class: 'note', role: 'status' });
  const save = h('button', { type: 'button', class: 'small', onclick: () => void saveTable() }, 'Save as CSV…');
  const open = h('button', { type: 'button', class: 'small', onclick: () => openChosen() }, 'Show tensor');
  const place = h('div', { class: 'scan-progress' });
  const heads = SCAN_COLUMNS.map((column) => headCell(column, () => sortBy(column)));
  const table = h('div', { class: 'scan-table' }, h('div', { class: 'scan-head' }, ...heads), list.element);
  const element = h(
    'div',
    { class: 'scan-view' },
    h('div', { class: 'list-tools' }, filter, open, save),
    place,
    findings,
    table,
  );
  let chosen = '';
  let stop: (() => void) | null = null;
  let drawn = -Infinity;

  function rows(): ScanRow[] {
    const { filter: words, scanSort, scanDescending } = store.get();
    const wanted = words.trim() === '' ? null : new Set(listedTensors(tensors, words, 'file'));
    const all = client.scanned.map((summary) => ({ tensor: tensors[summary.index]!, summary }));
    return sortedRows(wanted ? all.filter(({ tensor }) => wanted.has(tensor)) : all, scanSort, scanDescending);
  }

  function draw(): void {
    drawn = performance.now();
    const { filter: words, scanSort, scanDescending } = store.get();
    if (filter.value !== words) filter.value = words;
    const shown = rows();
    list.show(
      shown,
      shown.findIndex(({ tensor }) => tensor.name === chosen),
    );
    heads.forEach((head, i) => {
      const sorted = SCAN_COLUMNS[i]!.id === scanSort;
      head.classList.toggle('sorted', sorted);
      head.classList.toggle('descending', sorted && scanDescending);
      const order = sorted ? (scanDescending ? ', sorted descending' : ', sorted ascending') : '';
      head.setAttribute('aria-label', `Sort by ${SCAN_COLUMNS[i]!.title}${order}`);
    });
    table.hidden = client.scanned.length === 0;
    save.disabled = open.disabled = client.scanned.length === 0;
    findings.textContent = findingsText(
      client.scanned.map((summary) => ({ tensor: tensors[summary.index]!, summary })),
      tensors.length,
    );
  }

  function sortBy(column: ScanColumn): void {
    const { scanSort, scanDescending } = store.get();
    const text = column.id === 'name' || column.id === 'dtype';
    if (scanSort !== column.id) store.set({ scanSort: column.id, scanDescending: !text });
    else store.set({ scanDescending: !scanDescending });
  }

  function start(): void {
    stop?.();
    stop = longWork(place, {
      title: 'Scanning',
      again: 'Go on',
      run: (signal, onProgress) => {
        const report = (): void => onProgress({ done: client.scanned.length, total: tensors.length });
        report();
        const onRows = (): void => {
          report();
          if (performance.now() - drawn > REDRAW_MS) draw();
        };
        return client.scan({ signal, onRows });
      },
      done: () => {
        place.replaceChildren();
        draw();
      },
    });
  }

  function offer(): void {
    const bytes = tensors.reduce((sum, { bytes: own }) => sum + own, 0);
    const begun = client.scanned.length > 0;
    replace(
      place,
      h(
        'p',
        {},
        `Reads all ${formatBytes(bytes)} once and lists the norm, the extremes, and the numbers of zeros, NaN and infinities of `,
        `each of its ${formatCount(tensors.length)} tensors.`,
      ),
      h('button', { type: 'button', onclick: start }, begun ? 'Continue the scan' : 'Scan whole checkpoint'),
    );
  }

  function openChosen(): void {
    const row = rows().find(({ tensor }) => tensor.name === chosen) ?? rows()[0];
    if (row) store.set({ tensor: row.tensor.name, slice: [], tab: 'tensors' });
  }

  async function saveTable(): Promise<void> {
    await context.attempt(async () => {
      const name = await client.saveText(scanCsv(rows()), `${description.title}-scan.csv`);
      return name === null ? '' : `Saved ${name}`;
    });
  }

  list.element.addEventListener('dblclick', openChosen);
  list.element.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') openChosen();
  });
  if (client.scanNext !== null) offer();
  draw();
  const unsubscribe = store.subscribe((changed) => {
    if (['filter', 'scanSort', 'scanDescending'].some((field) => changed.has(field))) draw();
  });
  return {
    element,
    details: [],
    dispose() {
      unsubscribe();
      stop?.();
      list.dispose();
    },
  };
}

function headCell(column: ScanColumn, onclick: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: `cell ${column.id}`, title: column.title, onclick }, column.label);
}

function scanRow(row: ScanRow): HTMLElement {
  const { tensor, summary } = row;
  const failed = summary.failure !== undefined;
  const cells = SCAN_COLUMNS.map((column) => {
    const own = column.id === 'name' || column.id === 'dtype' || column.id === 'shape' || column.id === 'bytes';
    const text = failed && !own ? '' : column.text(row);
    const alarming = !failed && column.alarming?.(row) === true;
    return h(
      'span',
      { class: `cell ${column.id}${alarming ? ' alarming' : ''}` },
      column.id === 'name' ? h('bdi', {}, visibleName(text)) : text,
    );
  });
  return h(
    'div',
    { class: failed ? 'row damaged' : 'row', title: failed ? `${tensor.name}: ${summary.failure}` : tensor.name },
    ...cells,
  );
}

function findingsText(rows: readonly ScanRow[], total: number): string {
  if (rows.length === 0) return '';
  const count = (test: (row: ScanRow) => boolean): number => rows.filter(test).length;
  const parts = [`${formatCount(rows.length)} of ${formatCount(total)} tensors scanned`];
  const found: [number, string][] = [
    [count(({ summary }) => summary.nan > 0), 'with NaN'],
    [count(({ summary }) => summary.positiveInfinity + summary.negativeInfinity > 0), 'with infinities'],
    [count(({ summary }) => summary.count > 0 && summary.zeros === summary.count), 'all zero'],
    [count(({ summary }) => summary.failure !== undefined), 'not readable'],
  ];
  const named = found.filter(([number]) => number > 0).map(([number, what]) => `${formatCount(number)} ${what}`);
  return [...parts, ...(named.length > 0 ? named : ['no NaN, no infinities, no all-zero tensor'])].join(' · ');
}
