/** A list that only makes the rows in view: 200,000 tensors scroll like 20. One tab stop; arrows move the choice. */

import { h } from './element';

/** Rows made above and below those in view, so that scrolling shows no gaps. */
const OVERSCAN = 6;
/** Browsers stop laying elements out correctly somewhat above this height; rows beyond it are reached by the filter. */
const MAX_HEIGHT_PX = 8_000_000;

export interface VirtualListOptions<T> {
  readonly label: string;
  readonly rowHeight: number;
  render(item: T): HTMLElement;
  choose(item: T): void;
}

let lists = 0;

export class VirtualList<T> {
  readonly element: HTMLElement;
  private readonly sheet = h('div', { class: 'sheet' });
  private readonly prefix = `list${++lists}`;
  private items: readonly T[] = [];
  private chosen = -1;
  private readonly observer = new ResizeObserver(() => this.draw());

  constructor(private readonly options: VirtualListOptions<T>) {
    this.element = h(
      'div',
      {
        class: 'virtual-list',
        role: 'listbox',
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
      row.setAttribute('role', 'option');
      row.setAttribute('aria-selected', String(index === this.chosen));
      row.setAttribute('aria-setsize', String(this.items.length));
      row.setAttribute('aria-posinset', String(index + 1));
      row.style.transform = `translateY(${index * rowHeight}px)`;
      row.style.height = `${rowHeight}px`;
      return row;
    });
    this.sheet.replaceChildren(...rows);
    if (this.chosen >= 0) this.element.setAttribute('aria-activedescendant', `${this.prefix}-${this.chosen}`);
    else this.element.removeAttribute('aria-activedescendant');
  }

  private click(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>('[data-index]');
    if (row) this.choose(Number(row.dataset['index']));
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
    const move = moves[event.key];
    if (move === undefined || this.items.length === 0) return;
    event.preventDefault();
    this.choose(Math.min(this.items.length - 1, Math.max(0, this.chosen + move)));
  }

  private choose(index: number): void {
    const item = this.items[index];
    if (item === undefined) return;
    this.chosen = index;
    this.reveal();
    this.draw();
    this.options.choose(item);
  }
}
