/** All tensors of the checkpoint in one table: norms, extremes, zeros, NaN and infinities. */

import { formatBytes, formatCount } from '../../shared/formatNumber';
import type { View, ViewContext } from '../context';
import { holdsNonNumbers, SCAN_COLUMNS, scanCsv, sortedRows } from '../data/scanTable';
import type { ScanColumn, ScanRow } from '../data/scanTable';
import { listedTensors } from '../data/tensorList';
import { NameShortener } from '../../../src/text/shortNames';
import { h, replace } from '../../shared/element';
import { showName } from '../../shared/names';
import { longWork } from '../parts/notes/progressNote';
import { VirtualList } from '../parts/controls/virtualList';

const ROW_PX = 24;
/** The table is sorted at most this often while a scan runs: sorting 200,000 rows takes a good part of a second. */
const REDRAW_MS = 400;

export function scanView(context: ViewContext): View {
  return new ScanView(context);
}

class ScanView implements View {
  private readonly names: NameShortener;
  private readonly list: VirtualList<ScanRow>;
  private readonly filter: HTMLInputElement;
  private readonly findings = h('p', { class: 'note', role: 'status' });
  private readonly save = smallButton('Save as CSV…', () => void this.saveTable());
  private readonly open = smallButton('Show tensor', () => this.openChosen());
  private readonly jump = smallButton('Go to NaN or Inf', () => this.openChosen());
  private readonly place = h('div', { class: 'scan-progress' });
  private readonly heads = SCAN_COLUMNS.map((column) => headCell(column, () => this.sortBy(column)));
  private readonly table: HTMLElement;
  private readonly unsubscribe: () => void;
  private chosen = '';
  private stop: (() => void) | null = null;
  private drawnAt = -Infinity;
  readonly element: HTMLElement;
  readonly details = [];

  constructor(private readonly context: ViewContext) {
    const { store, client, description } = context;
    this.names = new NameShortener(description.tensors.map(({ name }) => name));
    this.list = new VirtualList<ScanRow>({
      label: 'Scanned tensors',
      rowHeight: ROW_PX,
      render: (row) => scanRow(row, this.names),
      choose: (row) => {
        this.chosen = row.tensor.name;
        this.showTools();
      },
    });
    this.filter = h('input', {
      type: 'search',
      placeholder: 'Filter by words in the name, dtype or shape',
      'aria-label': 'Filter tensors',
      spellcheck: 'false',
      oninput: () => store.set({ filter: this.filter.value }),
    });
    const { element: rows } = this.list;
    this.table = h('div', { class: 'scan-table' }, h('div', { class: 'scan-head' }, this.heads), rows);
    this.element = h(
      'div',
      { class: 'scan-view' },
      h('div', { class: 'list-tools' }, this.filter, this.open, this.jump, this.save),
      this.place,
      this.findings,
      this.table,
    );
    rows.addEventListener('dblclick', () => this.openChosen());
    rows.addEventListener('click', ({ target }) => {
      if ((target as Element).closest('.cell.jumps')) this.openChosen();
    });
    rows.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.openChosen();
    });
    if (client.scanNext !== null) this.offer();
    this.draw();
    this.unsubscribe = store.subscribe((changed) => {
      if (['filter', 'scanSort', 'scanDescending'].some((field) => changed.has(field))) this.draw();
    });
  }

  dispose(): void {
    this.unsubscribe();
    this.stop?.();
    this.list.dispose();
  }

  private get scanned(): ScanRow[] {
    const { client, description } = this.context;
    return client.scanned.map((summary) => ({ tensor: description.tensors[summary.index]!, summary }));
  }

  private rows(): ScanRow[] {
    const { filter: words, scanSort, scanDescending } = this.context.store.get();
    const { tensors } = this.context.description;
    const wanted = words.trim() === '' ? null : new Set(listedTensors(tensors, words, 'file'));
    const all = this.scanned;
    return sortedRows(wanted ? all.filter(({ tensor }) => wanted.has(tensor)) : all, scanSort, scanDescending);
  }

  private draw(): void {
    this.drawnAt = performance.now();
    const { client, store, description } = this.context;
    const { filter: words, scanSort, scanDescending } = store.get();
    if (this.filter.value !== words) this.filter.value = words;
    const shown = this.rows();
    this.list.show(
      shown,
      shown.findIndex(({ tensor }) => tensor.name === this.chosen),
    );
    this.heads.forEach((head, i) => {
      const sorted = SCAN_COLUMNS[i]!.id === scanSort;
      head.classList.toggle('sorted', sorted);
      head.classList.toggle('descending', sorted && scanDescending);
      const order = sorted ? (scanDescending ? ', sorted descending' : ', sorted ascending') : '';
      const { label, title } = SCAN_COLUMNS[i]!;
      head.setAttribute('aria-label', `${label}: sort by ${title}${order}`);
    });
    this.table.hidden = client.scanned.length === 0;
    this.save.disabled = this.open.disabled = client.scanned.length === 0;
    this.showTools();
    this.findings.textContent = findingsText(this.scanned, description.tensors.length);
  }

  private sortBy(column: ScanColumn): void {
    const { store } = this.context;
    const { scanSort, scanDescending } = store.get();
    const text = column.id === 'name' || column.id === 'dtype';
    if (scanSort !== column.id) store.set({ scanSort: column.id, scanDescending: !text });
    else store.set({ scanDescending: !scanDescending });
  }

  private start(): void {
    const { client, description } = this.context;
    this.stop?.();
    this.stop = longWork(this.place, {
      title: 'Scanning',
      again: 'Continue',
      run: (signal, onProgress) => {
        const report = (): void => onProgress({ done: client.scanned.length, total: description.tensors.length });
        report();
        const onRows = (): void => {
          report();
          if (performance.now() - this.drawnAt > REDRAW_MS) this.draw();
        };
        return client.scan({ signal, onRows });
      },
      done: () => {
        this.place.replaceChildren();
        this.draw();
      },
    });
  }

  private offer(): void {
    const { tensors } = this.context.description;
    const bytes = tensors.reduce((sum, { bytes: own }) => sum + own, 0);
    const begun = this.context.client.scanned.length > 0;
    replace(
      this.place,
      h(
        'p',
        {},
        `Reads all ${formatBytes(bytes)} once and lists the norm, the extremes, and the numbers of zeros, `,
        `NaN and infinities of each of its ${formatCount(tensors.length)} tensors.`,
      ),
      h(
        'button',
        { type: 'button', class: 'primary', onclick: () => this.start() },
        begun ? 'Continue the scan' : 'Scan whole checkpoint',
      ),
    );
  }

  private get chosenRow(): ScanRow | undefined {
    const rows = this.rows();
    return rows.find(({ tensor }) => tensor.name === this.chosen) ?? rows[0];
  }

  /** Only a tensor with NaN or infinities has an entry to go to. */
  private showTools(): void {
    const row = this.chosenRow;
    this.jump.hidden = !row || !holdsNonNumbers(row);
  }

  /** Opens the chosen tensor, at its first NaN or infinity if it has one. */
  private openChosen(): void {
    const row = this.chosenRow;
    if (!row) return;
    const seek = holdsNonNumbers(row) ? 'nonNumber' : '';
    this.context.store.set({ tensor: row.tensor.name, slice: [], tab: 'tensors', seek });
  }

  private async saveTable(): Promise<void> {
    const { client, description } = this.context;
    await this.context.attempt(async () => {
      const name = await client.saveText(scanCsv(this.rows()), `${description.title}-scan.csv`);
      return name === null ? '' : `Saved ${name}`;
    });
  }
}

function smallButton(label: string, onclick: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: 'small', onclick }, label);
}

function headCell(column: ScanColumn, onclick: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: `cell ${column.id}`, title: column.title, onclick }, column.label);
}

function scanRow(row: ScanRow, names: NameShortener): HTMLElement {
  const { tensor, summary } = row;
  const failed = summary.failure !== undefined;
  const cells = SCAN_COLUMNS.map((column) => {
    const own = column.id === 'name' || column.id === 'dtype' || column.id === 'shape' || column.id === 'bytes';
    const text = failed && !own ? '' : column.text(row);
    const alarming = !failed && column.alarming?.(row) === true;
    const jumps = alarming && (column.id === 'nan' || column.id === 'infinite');
    const kind = `cell ${column.id}${alarming ? ' alarming' : ''}${jumps ? ' jumps' : ''}`;
    const cell = h('span', { class: kind, title: jumps && 'Go to the first one' }, text);
    if (column.id === 'name') showName(cell, text, (whole, fits) => names.shorten(whole, fits));
    return cell;
  });
  return h(
    'div',
    { class: failed ? 'row damaged' : 'row', title: failed ? `${tensor.name}: ${summary.failure}` : tensor.name },
    cells,
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
