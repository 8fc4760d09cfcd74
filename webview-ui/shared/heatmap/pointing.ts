/** What the user points at: the cell under the pointer, the cursor, and the keys and clicks that move it. */

import type { Camera } from './camera';
import { moveCursor } from './keyboard';
import type { Surface } from './surface';
import type { CellPosition } from './types';
import { cellAt } from './viewport';

/** Factor by which '+' and '-' zoom. */
const KEY_ZOOM = 1.5;

interface PointingEvents {
  /** The marks have to be redrawn. */
  changed(): void;
  /** The pointer moved to another cell, or left the cells. */
  hovered(cell: CellPosition | null): void;
  /** The user moved the cursor. */
  cursorMoved(cell: CellPosition): void;
}

export class Pointing {
  private hovered: CellPosition | null = null;
  /** The pointer's position on the plot in client px; `null` if it is elsewhere, or if the keyboard was used since. */
  private pointer: { readonly x: number; readonly y: number } | null = null;
  private cursorCell: CellPosition | null = null;
  private readonly listeners = new AbortController();

  constructor(
    private readonly surface: Surface,
    private readonly camera: Camera,
    private readonly hasMatrix: () => boolean,
    private readonly events: PointingEvents,
  ) {
    const { element, plotElement } = surface;
    const { signal } = this.listeners;
    plotElement.addEventListener('pointermove', (event) => this.pointerMoved(event), { signal });
    plotElement.addEventListener('pointerleave', () => this.leavePointer(), { signal });
    plotElement.addEventListener('click', (event) => this.clicked(event), { signal });
    plotElement.addEventListener('dblclick', () => camera.glideToWhole(), { signal });
    element.addEventListener('keydown', (event) => this.pressed(event), { signal });
    element.addEventListener('focus', () => events.changed(), { signal });
    element.addEventListener('blur', () => events.changed(), { signal });
  }

  /** The cell under the pointer. */
  get hover(): CellPosition | null {
    return this.hovered;
  }

  get cursor(): CellPosition | null {
    return this.cursorCell;
  }

  get focused(): boolean {
    return document.activeElement === this.surface.element;
  }

  /** Puts the cursor on a cell without an event, and leaves the view where it is. */
  setCursor(cell: CellPosition | null): void {
    this.cursorCell = cell;
    this.events.changed();
  }

  /** Takes the focus and the cursor to a cell, and the view close enough for the cell to be seen. */
  goTo(cell: CellPosition): void {
    this.leavePointer();
    this.surface.element.focus({ preventScroll: true });
    this.camera.centreOn(cell);
    this.moveCursorTo(cell);
  }

  /** Updates the hovered cell after a move of the view under a pointer at rest. */
  viewMoved(): void {
    if (this.pointer) this.setHover(this.cellUnder(this.pointer));
  }

  /** Forgets the cells, which another matrix may not have. */
  forget(): void {
    this.cursorCell = null;
    this.setHover(null);
  }

  dispose(): void {
    this.listeners.abort();
  }

  /** The cell at a point in client px, once the view has come to rest. */
  private cellUnder({ x, y }: { readonly x: number; readonly y: number }): CellPosition | null {
    if (!this.hasMatrix()) return null;
    const { left, top } = this.surface.plotElement.getBoundingClientRect();
    return cellAt(this.camera.target, this.surface.plot, x - left, y - top, this.camera.size);
  }

  private pointerMoved({ clientX: x, clientY: y }: PointerEvent): void {
    this.pointer = { x, y };
    this.setHover(this.cellUnder(this.pointer));
  }

  /** The pointer left, or the keyboard took over. The cell under a resting pointer no longer counts. */
  private leavePointer(): void {
    this.pointer = null;
    this.setHover(null);
  }

  private setHover(cell: CellPosition | null): void {
    if (cell?.row === this.hovered?.row && cell?.column === this.hovered?.column) return;
    this.hovered = cell;
    this.events.changed();
    this.events.hovered(cell);
  }

  private clicked({ clientX: x, clientY: y }: MouseEvent): void {
    const cell = this.cellUnder({ x, y });
    if (!cell) return;
    this.surface.element.focus({ preventScroll: true });
    this.moveCursorTo(cell);
  }

  private moveCursorTo(cell: CellPosition): void {
    this.cursorCell = cell;
    this.camera.scrollTo(cell);
    this.events.changed();
    this.events.cursorMoved(cell);
  }

  private pressed(event: KeyboardEvent): void {
    if (event.altKey || !this.hasMatrix()) return;
    if (this.zoomedBy(event) || this.cursorMovedBy(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private zoomedBy(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || !['+', '=', '-', '_', '0'].includes(event.key)) return false;
    if (event.key === '0') this.camera.glideToWhole();
    else this.camera.zoomBy(event.key === '+' || event.key === '=' ? KEY_ZOOM : 1 / KEY_ZOOM, this.cursorCell);
    return true;
  }

  private cursorMovedBy(event: KeyboardEvent): boolean {
    const { x0, x1, y0, y1 } = this.camera.target;
    const page = { rows: y1 - y0, columns: x1 - x0 };
    const press = { key: event.key, shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey };
    // The first key press shows the cursor at the start of the view, since it was not visible before.
    const first = { row: Math.ceil(y0 - 0.5), column: Math.ceil(x0 - 0.5) };
    const next = moveCursor(this.cursorCell ?? first, press, this.camera.size, page);
    if (!next) return false;
    this.leavePointer();
    this.moveCursorTo(this.cursorCell || press.ctrl ? next : first);
    return true;
  }
}
