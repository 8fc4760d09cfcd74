/** A heatmap with its title, colour bar and menu, connected to the cell inspector and the details panel. */

import type { CellPosition, ColorSettings, HeatmapOptions, Margins, ViewMove } from '../../../shared/heatmap/types';
import { ColorBar } from '../../../shared/colorBar';
import { formatCount } from '../../../shared/formatNumber';
import { Heatmap } from '../../../shared/heatmap/heatmap';
import { composePicture } from '../../../shared/picture';
import { readPalette } from '../../../shared/theme';
import { visibleName, visibleText } from '../../../shared/visibleText';
import type { ViewContext } from '../../context';
import type { ColorModel, Colored } from '../../data/colorModel';
import type { Subject } from '../../data/subject';
import { subjectKey } from '../../data/subject';
import { h } from '../../../shared/element';
import { showName } from '../../../shared/names';
import { openGoTo } from './goTo';
import { jump } from './jump';
import type { Pane } from './pane';
import { paneMenu } from './paneMenu';

/** Distance in px of a menu that the keyboard opened from the corner of the heatmap. */
const KEYBOARD_MENU_INSET = 40;

interface MatrixPaneOptions extends Pick<HeatmapOptions, 'axes' | 'zoom' | 'margins'> {
  readonly label: string;
  readonly className?: string;
}

export class MatrixPane implements Pane, Colored {
  readonly element: HTMLElement;
  readonly heatmap: Heatmap;
  private current: Subject | null = null;
  private readonly title: HTMLElement;
  private readonly size = h('span', { class: 'size' });
  private readonly approximate = h('span', { class: 'size', hidden: true }, 'colours from a sample of entries');
  private readonly sampled = h(
    'span',
    {
      class: 'size',
      hidden: true,
      title: 'Each pixel covers many entries, and only some of them were read. Zoom in to see all.',
    },
    'sample of entries',
  );
  private readonly place = h('div', { class: 'pane-plot' });
  private readonly empty = h('p', { class: 'pane-empty', hidden: true });
  private readonly bar: ColorBar;
  private readonly pointListeners: ((cell: CellPosition | null) => void)[] = [];
  private readonly resetListeners: (() => void)[] = [];
  private currentColor: ColorSettings | null = null;
  private pointed: CellPosition | null = null;
  private cursorCell: CellPosition | null = null;

  constructor(
    private readonly context: ViewContext,
    private readonly colors: ColorModel,
    private readonly options: MatrixPaneOptions,
  ) {
    this.title = h('h2', {}, options.label);
    const foot = h('div', { class: 'pane-foot' });
    this.element = h(
      'section',
      { class: `pane ${options.className ?? ''}` },
      h('header', { class: 'pane-head' }, this.title, this.size, this.sampled, this.approximate, this.menuButton()),
      this.empty,
      this.place,
      foot,
    );
    const { axes, zoom, margins } = options;
    this.heatmap = new Heatmap(this.place, {
      label: options.label,
      rowLabel: '',
      columnLabel: '',
      ...(axes && { axes }),
      ...(zoom && { zoom }),
      ...(margins && { margins }),
    });
    this.bar = new ColorBar(foot);
    this.bar.element.hidden = true;
    // The colours are set before the first tile is read, so that it is read once and with the right reduction.
    this.heatmap.setColor(colors.initial());
    this.listen();
  }

  get subject(): Subject | null {
    return this.current;
  }

  get cell(): CellPosition | null {
    return this.pointed ?? this.cursorCell;
  }

  get cursor(): CellPosition | null {
    return this.cursorCell;
  }

  setSubject(subject: Subject | null, why?: string): void {
    const changed = subjectKey(subject) !== subjectKey(this.current);
    const sameSize = subject?.rows === this.current?.rows && subject?.columns === this.current?.columns;
    this.current = subject;
    this.element.classList.toggle('without-matrix', subject === null);
    this.empty.hidden = subject !== null;
    this.empty.textContent = why ?? 'Not in this file.';
    if (!changed) return;
    if (!sameSize) this.pointed = this.cursorCell = null;
    showName(this.title, subject?.title ?? this.options.label);
    this.title.title = visibleText(subject?.name ?? '');
    this.size.textContent = subject ? `${formatCount(subject.rows)} × ${formatCount(subject.columns)}` : '';
    this.heatmap.setOptions({
      label: visibleName(subject?.title ?? this.options.label),
      rowLabel: subject?.rowLabel ?? '',
      columnLabel: subject?.columnLabel ?? '',
      rowBands: subject?.rowBands ?? [],
      columnBands: subject?.columnBands ?? [],
    });
    this.heatmap.setMatrix(subject && this.context.client.matrixSource(subject.matrix, subject));
    this.context.cells.changed(this);
    this.colors.update(this);
  }

  applyColor(color: ColorSettings, sampled: boolean): void {
    this.heatmap.setColor(color);
    this.bar.element.hidden = false;
    this.bar.setColor(color);
    this.bar.element.title = sampled
      ? 'The limit comes from a sample of the entries. Compute statistics reads all of them.'
      : '';
    this.approximate.hidden = !sampled;
    this.currentColor = color;
    this.context.active.recolored(this);
  }

  get color(): ColorSettings | null {
    return this.currentColor;
  }

  toCanvas(): HTMLCanvasElement {
    const { background, foreground, font } = readPalette(this.element);
    const { title: short = '', name = '' } = this.current ?? {};
    const title = name.startsWith(short) ? name : `${short} · ${name}`;
    return composePicture({
      title: visibleName(title),
      parts: [this.heatmap.toCanvas(), this.bar.toCanvas()],
      background,
      foreground,
      font,
    });
  }

  setMargins(margins: Partial<Margins>): void {
    this.heatmap.setOptions({ margins });
  }

  recolor(): void {
    this.colors.remeasure(this);
  }

  /** Calls back with the cell under the pointer or cursor; `null` when the pointer leaves. */
  onPoint(listener: (cell: CellPosition | null) => void): void {
    this.pointListeners.push(listener);
  }

  /** Calls back when the user zooms or pans, for every frame of an animation. */
  onViewport(listener: (move: ViewMove) => void): void {
    this.heatmap.on('viewport', listener);
  }

  /** Calls back when the user asks for the whole matrix. Without a listener the pane shows it. */
  onReset(listener: () => void): void {
    this.resetListeners.push(listener);
  }

  resetZoom(): void {
    if (this.resetListeners.length === 0) this.heatmap.setViewport(null);
    for (const listener of this.resetListeners) listener();
  }

  async copyCell(): Promise<void> {
    const { cell, current } = this;
    if (!cell || !current)
      return this.context.notify('Point at a cell, or move the cursor to one with the arrow keys.');
    await this.context.attempt(async () => {
      const text = await this.context.cells.exactText(current, cell);
      await this.context.client.copy(text);
      return `Copied ${text}`;
    });
  }

  dispose(): void {
    this.colors.remove(this);
    this.context.cells.left(this);
    if (this.context.active.current === this) this.context.active.set(null);
    this.bar.dispose();
    this.heatmap.dispose();
  }

  private menuButton(): HTMLElement {
    const label = `Actions for ${this.options.label}`;
    const open = (): void => {
      const { left, bottom } = button.getBoundingClientRect();
      this.openMenu(left, bottom, button);
    };
    const button = h(
      'button',
      {
        type: 'button',
        class: 'icon more',
        title: 'Copy, save, export',
        'aria-label': label,
        'aria-haspopup': 'menu',
        onclick: open,
      },
      '⋯',
    );
    return button;
  }

  private listen(): void {
    const { heatmap, context } = this;
    heatmap.on('nonNumbers', (present) => this.bar.setNonNumbers(present));
    heatmap.on('sampled', (sampled) => (this.sampled.hidden = !sampled));
    heatmap.on('hover', (cell) => this.point(cell));
    heatmap.on('cursor', (cell) => this.moved(cell));
    heatmap.on('drawn', () => context.cells.viewMoved(this, (cell) => this.onScreen(cell)));
    this.element.addEventListener('focusin', () => context.active.set(this));
    this.element.addEventListener('pointerdown', () => context.active.set(this));
    heatmap.element.addEventListener('blur', () => {
      if (this.pointed === null) context.cells.left(this);
    });
    heatmap.element.addEventListener('contextmenu', (event) => this.contextMenu(event));
    heatmap.element.addEventListener('keydown', (event) => this.pressed(event));
  }

  private contextMenu(event: MouseEvent): void {
    event.preventDefault();
    const { element } = this.heatmap;
    const keyboard = event.button !== 2 || (event.clientX === 0 && event.clientY === 0);
    const { left, top } = element.getBoundingClientRect();
    this.openMenu(
      keyboard ? left + KEYBOARD_MENU_INSET : event.clientX,
      keyboard ? top + KEYBOARD_MENU_INSET : event.clientY,
      element,
    );
  }

  private pressed(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && event.key === 'c') {
      event.preventDefault();
      void this.copyCell();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !this.current) return;
    const run = {
      g: () => openGoTo(this, this.context),
      n: () => void jump(this, this.context, 'nonNumber'),
      m: () => void jump(this, this.context, 'largest'),
    }[event.key.toLowerCase()];
    if (!run) return;
    event.preventDefault();
    run();
  }

  private point(cell: CellPosition | null): void {
    this.pointed = cell;
    this.context.cells.hover(this, cell);
    this.tell(cell);
  }

  private moved(cell: CellPosition): void {
    this.cursorCell = cell;
    // A click moves the cursor too, but then the pointer already shows the cell.
    if (this.pointed === null) this.context.cells.cursor(this, cell, this.onScreen(cell) ?? { x: 0, y: 0 });
    this.tell(cell);
  }

  private tell(cell: CellPosition | null): void {
    for (const listener of this.pointListeners) listener(cell);
  }

  /** The lower right corner of a cell in client px once the view has come to rest, or `null` if it is out of view. */
  private onScreen({ row, column }: CellPosition): { x: number; y: number } | null {
    const box = this.heatmap.element.getBoundingClientRect();
    const { left, right, top, bottom } = this.heatmap.margins;
    const { x0, x1, y0, y1 } = this.heatmap.target;
    if (column + 1 <= x0 || column >= x1 || row + 1 <= y0 || row >= y1) return null;
    return {
      x: box.left + left + ((Math.min(column + 1, x1) - x0) / (x1 - x0)) * (box.width - left - right),
      y: box.top + top + ((Math.min(row + 1, y1) - y0) / (y1 - y0)) * (box.height - top - bottom),
    };
  }

  private openMenu(x: number, y: number, opener: HTMLElement): void {
    this.context.active.set(this);
    this.context.cells.clear();
    paneMenu(this, this.context, x, y, opener);
  }
}
