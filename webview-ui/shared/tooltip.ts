/** A box beside the pointer. One is enough for the page. */

import './tooltip.css';

/** Distance from the pointer in px, so that the box covers neither the cell nor the next one. */
const OFFSET = 14;
const EDGE = 4;

export class Tooltip {
  readonly element = document.createElement('div');

  constructor(container: HTMLElement = document.body) {
    this.element.className = 'peft-tooltip';
    this.element.setAttribute('role', 'tooltip');
    this.element.hidden = true;
    container.append(this.element);
  }

  get visible(): boolean {
    return !this.element.hidden;
  }

  /** Shows a string as text. The position is in client px, as in pointer events. */
  show(content: Node | string, x: number, y: number): void {
    this.element.replaceChildren(content);
    this.element.hidden = false;
    this.move(x, y);
  }

  /** The box is to the lower right of the point, or on its other side if it would leave the window. */
  move(x: number, y: number): void {
    const { offsetWidth, offsetHeight, style } = this.element;
    style.left = `${placeBeside(x, offsetWidth, document.documentElement.clientWidth)}px`;
    style.top = `${placeBeside(y, offsetHeight, document.documentElement.clientHeight)}px`;
  }

  hide(): void {
    this.element.hidden = true;
  }

  dispose(): void {
    this.element.remove();
  }
}

function placeBeside(point: number, length: number, available: number): number {
  const after = point + OFFSET;
  const before = point - OFFSET - length;
  const place = after + length + EDGE <= available || before < EDGE ? after : before;
  return Math.max(EDGE, Math.min(place, available - length - EDGE));
}
