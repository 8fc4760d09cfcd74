/** A box beside the pointer. One for the page will do. */

import './tooltip.css';

/** Off the pointer, so that it covers neither the cell nor the next one. */
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

  /** A string is shown as text. The place is in client px, as pointer events give it. */
  show(content: Node | string, x: number, y: number): void {
    this.element.replaceChildren(content);
    this.element.hidden = false;
    this.move(x, y);
  }

  /** To the lower right of the point, or on its other side where that would leave the window. */
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
