/**
 * A list or tree that creates only the visible rows: 200,000 tensors scroll like 20. It is one tab stop. Arrow keys
 * move the selection; in a tree, left and right close and open the selected item.
 */

import { h, replace } from '../../../shared/element';

/** Rows created above and below the visible ones, so that scrolling shows no gaps. */
const OVERSCAN = 6;
/** Browsers stop laying out elements correctly somewhat above this height. The filter reaches rows beyond it. */
const MAX_HEIGHT_PX = 8_000_000;

interface VirtualListOptions<T> {
  readonly label: string;
  readonly rowHeight: number;
  render(item: T): HTMLElement;
  choose(item: T): void;
  /** Makes the list a tree: the place of an item in it. `open` is undefined for an item that cannot be opened. */
  place?(item: T): { readonly depth: number; readonly open?: boolean };
  /** Opens or closes an item. */
  toggle?(item: T): void;
}

let lists = 0;

export class VirtualList<T> {
  readonly element: HTMLElement;
  private readonly sheet = h('div', { class: 'sheet' });
  private readonly prefix = `list${++lists}`;
  private items: readonly T[] = [];
  private chosen = -1;
  private laidOut = false;
  private readonly observer = new ResizeObserver(() => {
    // The list can scroll to the selected item only once it has a height.
    if (!this.laidOut && this.element.clientHeight > 0) {
      this.laidOut = true;
      this.reveal();
    }
    this.draw();
  });

  constructor(private readonly options: VirtualListOptions<T>) {
    this.element = h(
      'div',
      {
        class: 'virtual-list',
        role: options.place ? 'tree' : 'listbox',
        tabindex: 0,
        'aria-label': options.label,
        onscroll: () => this.draw(),
        onkeydown: (event: KeyboardEvent) => this.key(event),
        onclick: (event: MouseEvent) => this.click(event),
      },
      this.sheet,
    );
    this.observer.observe(this.element);
  }

  show(items: readonly T[], chosen: number): void {
    this.items = items;
    this.chosen = chosen;
    this.sheet.style.height = `${Math.min(MAX_HEIGHT_PX, items.length * this.options.rowHeight)}px`;
    this.reveal();
    this.draw();
  }

  dispose(): void {
    this.observer.disconnect();
  }

  private reveal(): void {
    const top = this.chosen * this.options.rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (this.chosen < 0 || (top >= scrollTop && top + this.options.rowHeight <= scrollTop + clientHeight)) return;
    this.element.scrollTop = Math.max(0, top - clientHeight / 2);
  }

  private draw(): void {
    const { rowHeight } = this.options;
    const first = Math.max(0, Math.floor(this.element.scrollTop / rowHeight) - OVERSCAN);
    const count = Math.ceil(this.element.clientHeight / rowHeight) + 2 * OVERSCAN;
    const rows = this.items.slice(first, first + count).map((item, offset) => {
      const index = first + offset;
      const row = this.options.render(item);
      row.id = `${this.prefix}-${index}`;
      row.dataset['index'] = String(index);
      const place = this.options.place?.(item);
      row.setAttribute('role', place ? 'treeitem' : 'option');
      if (place) row.setAttribute('aria-level', String(place.depth + 1));
      if (place?.open !== undefined) row.setAttribute('aria-expanded', String(place.open));
      row.setAttribute('aria-setsize', String(this.items.length));
      row.setAttribute('aria-posinset', String(index + 1));
      row.style.transform = `translateY(${index * rowHeight}px)`;
      row.style.height = `${rowHeight}px`;
      return row;
    });
    replace(this.sheet, rows);
    this.mark();
  }

  /**
   * Marks the selected row without replacing rows: a double click would otherwise find another row under the pointer.
   */
  private mark(): void {
    for (const row of this.sheet.children) {
      row.setAttribute('aria-selected', String((row as HTMLElement).dataset['index'] === String(this.chosen)));
    }
    if (this.chosen >= 0) this.element.setAttribute('aria-activedescendant', `${this.prefix}-${this.chosen}`);
    else this.element.removeAttribute('aria-activedescendant');
  }

  private click(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>('[data-index]');
    if (!row) return;
    const index = Number(row.dataset['index']);
    this.choose(index);
    this.toggle(index);
  }

  private key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.options.rowHeight) - 1);
    const moves: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    if (this.options.place && this.treeKey(event.key)) return event.preventDefault();
    const move = moves[event.key];
    if (move === undefined || this.items.length === 0) return;
    event.preventDefault();
    this.choose(Math.min(this.items.length - 1, Math.max(0, this.chosen + move)));
  }

  /** Handles the keys of a tree. Returns whether the key is one of them. */
  private treeKey(key: string): boolean {
    const item = this.items[this.chosen];
    const place = item !== undefined && this.options.place?.(item);
    if (!place) return false;
    const wanted = { ArrowRight: false, ArrowLeft: true }[key];
    if (key === 'Enter' || key === ' ' || (wanted !== undefined && place.open === wanted)) this.toggle(this.chosen);
    else if (key === 'ArrowRight' && place.open) this.choose(Math.min(this.items.length - 1, this.chosen + 1));
    else if (key === 'ArrowLeft') this.choose(this.parentOf(this.chosen, place.depth));
    else return key === 'ArrowRight';
    return true;
  }

  private parentOf(index: number, depth: number): number {
    for (let above = index - 1; above >= 0; above--) {
      if (this.options.place!(this.items[above]!).depth < depth) return above;
    }
    return index;
  }

  private toggle(index: number): void {
    const item = this.items[index];
    if (item !== undefined && this.options.place?.(item).open !== undefined) this.options.toggle?.(item);
  }

  private choose(index: number): void {
    const item = this.items[index];
    if (item === undefined) return;
    this.chosen = index;
    this.reveal();
    this.mark();
    this.options.choose(item);
  }
}
