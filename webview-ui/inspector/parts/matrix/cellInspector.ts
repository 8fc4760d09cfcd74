/** Reads the cell under the pointer or the cursor and presents it: tooltip, status line, screen reader. */

import type { Cell } from '../../../../src/protocol/matrix';
import { CancelledError } from '../../../../src/protocol/rpc';
import { matrixKey } from '../../../../src/protocol/matrixKey';
import type { CellPosition } from '../../../shared/heatmap/types';
import { formatFloat32, formatLineSummary, formatNumber } from '../../../shared/formatNumber';
import { Tooltip } from '../../../shared/tooltip';
import { exactDecimal, indexedName, lineTexts, placeText } from '../../data/cellText';
import type { NamedSummary } from '../../data/cellText';
import type { InspectorClient } from '../../data/inspectorClient';
import type { Subject } from '../../data/subject';
import { h, replace } from '../../../shared/element';
import { showName } from '../../../shared/names';
import type { Pane } from './pane';
import { errorText } from '../notes/progressNote';
import { shortenedName } from '../../../../src/text/shortNames';
import type { Fits } from '../../../../src/text/shortNames';

/** A pointer that is only passing crosses a cell in less time. */
const READ_DELAY_MS = 60;
/** Dtypes of 32 bits or fewer: the value in a tile is the value in the file. */
const EXACT_IN_TILES = new Set(['F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2']);

interface ScreenPoint {
  readonly x: number;
  readonly y: number;
}

/**
 * The cell that is presented now. `at` is the screen position of the keyboard's cell; `null` for the pointer's cell.
 */
interface Shown {
  readonly key: string;
  readonly pane: Pane;
  readonly cell: CellPosition;
  at: ScreenPoint | null;
}

export class CellInspector {
  private readonly tooltip = new Tooltip();
  private controller: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private shown: Shown | null = null;
  private pointer = { x: 0, y: 0 };
  private readonly listening = new AbortController();

  constructor(
    private readonly client: InspectorClient,
    private readonly status: HTMLElement,
    private readonly announce: (text: string) => void,
  ) {
    const { signal } = this.listening;
    window.addEventListener(
      'pointermove',
      ({ clientX, clientY }) => {
        this.pointer = { x: clientX, y: clientY };
        if (!this.tooltip.visible) return;
        // The keyboard's tooltip belongs to its cell, so a pointer that moves hides it.
        if (this.shown?.at) this.tooltip.hide();
        else this.tooltip.move(clientX, clientY);
      },
      { signal, capture: true },
    );
    // Escape hides what covers the picture, as WCAG 1.4.13 requires for content on hover.
    window.addEventListener(
      'keydown',
      (event) => {
        if (event.key === 'Escape') this.tooltip.hide();
      },
      { signal },
    );
  }

  hover(pane: Pane, cell: CellPosition | null): void {
    if (!cell || !pane.subject) return this.left(pane);
    this.read(pane, pane.subject, cell, null);
  }

  /** The cursor moved to a cell by keyboard; `at` is its position on the screen. */
  cursor(pane: Pane, cell: CellPosition, at: ScreenPoint): void {
    if (pane.subject) this.read(pane, pane.subject, cell, at);
  }

  /** The view of the pane moved. The keyboard's tooltip follows its cell, or disappears with it. */
  viewMoved(pane: Pane, onScreen: (cell: CellPosition) => ScreenPoint | null): void {
    const { shown } = this;
    if (shown?.pane !== pane || !shown.at) return;
    const at = onScreen(shown.cell);
    if (!at) return this.tooltip.hide();
    shown.at = at;
    if (this.tooltip.visible) this.tooltip.move(at.x, at.y);
  }

  /** The pane shows another matrix. The text about the cell is updated, or removed if the cell no longer exists. */
  changed(pane: Pane): void {
    if (this.shown?.pane !== pane) return;
    const { cell, at } = this.shown;
    const { subject } = pane;
    this.shown = null;
    if (!subject || at || cell.row >= subject.rows || cell.column >= subject.columns) this.clear();
    else this.read(pane, subject, cell, null);
  }

  /** The pointer or the focus left the pane. */
  left(pane: Pane): void {
    if (this.shown?.pane === pane) this.clear();
  }

  clear(): void {
    this.stop();
    this.shown = null;
    this.tooltip.hide();
    replace(this.status);
  }

  dispose(): void {
    this.clear();
    this.listening.abort();
    this.tooltip.dispose();
  }

  /** The exact text of a cell, for the clipboard. */
  async exactText(subject: Subject, { row, column }: CellPosition): Promise<string> {
    return (await this.client.readCell(subject.matrix, row, column)).text;
  }

  private read(pane: Pane, subject: Subject, cell: CellPosition, at: ScreenPoint | null): void {
    const key = `${matrixKey(subject.matrix)}@${cell.row},${cell.column}`;
    if (this.shown?.key === key && !at) return;
    this.stop();
    const shown: Shown = { key, pane, cell, at };
    this.shown = shown;
    const near = EXACT_IN_TILES.has(subject.dtype) ? pane.heatmap.valueAt(cell) : undefined;
    this.show(subject, cell, null, near === undefined ? null : formatFloat32(near));
    const controller = (this.controller = new AbortController());
    this.timer = setTimeout(() => void this.finish(subject, shown, controller.signal), READ_DELAY_MS);
  }

  private async finish(subject: Subject, { cell, at }: Shown, signal: AbortSignal): Promise<void> {
    try {
      const { counterpart } = subject;
      const [found, other] = await Promise.all([
        this.client.readCell(subject.matrix, cell.row, cell.column, signal),
        counterpart && this.client.readCell(counterpart.matrix, cell.row, cell.column, signal),
      ]);
      if (signal.aborted) return;
      const beside = counterpart && other ? `${counterpart.label} ${other.text}` : '';
      this.show(subject, cell, found, found.text, beside);
      if (at) {
        const spoken = [found.text, beside].filter(Boolean).join(', ');
        this.announce(`${subject.title}, ${placeText(subject, cell)}: ${spoken}`);
      }
    } catch (error) {
      if (signal.aborted || error instanceof CancelledError) return;
      this.show(subject, cell, null, errorText(error));
    }
  }

  private show(subject: Subject, cell: CellPosition, found: Cell | null, value: string | null, beside = ''): void {
    const dtype = found?.dtype ?? subject.dtype;
    const lines = found ? lineTexts(subject, cell, found) : [];
    const exact = found ? exactDecimal(found) : '';
    const content = h(
      'div',
      { class: 'cell-tip' },
      h('div', { class: 'tip-value' }, h('strong', {}, value ?? '…'), h('span', { class: 'dtype' }, dtype)),
      exact !== '' && h('div', { class: 'tip-exact' }, `= ${exact}`),
      beside !== '' && h('div', { class: 'tip-beside' }, beside),
      h('div', { class: 'tip-name' }, indexedName(subject, cell, found)),
      h('div', { class: 'tip-place' }, placeText(subject, cell)),
      lines.length > 0 && summaryTable(lines),
    );
    const at = this.shown?.at ?? this.pointer;
    this.tooltip.show(content, at.x, at.y);
    const where = h('span', { class: 'where' });
    showName(where, indexedName(subject, cell, found), withWholeIndex);
    replace(
      this.status,
      where,
      h('strong', {}, value ?? '…'),
      h('span', { class: 'dtype' }, dtype),
      beside === '' ? [] : [h('span', { class: 'beside' }, beside)],
      lines.map(({ label, summary }) => h('span', { class: 'line' }, `${label}: ${formatLineSummary(summary)}`)),
    );
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.controller?.abort();
    this.controller = null;
  }
}

/** Shortens a name with an index, 'lora_A.weight[3, 17]', and keeps the index. */
function withWholeIndex(indexed: string, fits: Fits): string {
  const end = indexed.lastIndexOf('[');
  const index = indexed.slice(end);
  return shortenedName(indexed.slice(0, end), (name) => fits(name + index)) + index;
}

function summaryTable(lines: readonly NamedSummary[]): HTMLElement {
  return h(
    'table',
    { class: 'tip-lines' },
    h(
      'tr',
      {},
      h('th', {}),
      ['min', 'max', 'mean', 'norm'].map((name) => h('th', {}, name)),
    ),
    lines.map(({ label, summary: { min, max, mean, norm } }) =>
      h(
        'tr',
        {},
        h('th', {}, label),
        [min, max, mean, norm].map((value) => h('td', {}, formatNumber(value, 3))),
      ),
    ),
  );
}
