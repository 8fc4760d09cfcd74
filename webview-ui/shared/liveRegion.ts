/** Announces text to a screen reader without showing it: the cell at the cursor, the end of a long task. */

/** Held keys move faster than speech, so only the cell on which the cursor rests is announced. */
const SETTLE_MS = 150;

export class LiveRegion {
  readonly element = document.createElement('div');
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(container: HTMLElement) {
    this.element.className = 'peft-unseen';
    this.element.setAttribute('aria-live', 'polite');
    this.element.setAttribute('aria-atomic', 'true');
    container.append(this.element);
  }

  say(text: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      // A no-break space makes a repeated text differ: readers skip a region whose text did not change.
      this.element.textContent = this.element.textContent === text ? `${text}\u00a0` : text;
    }, SETTLE_MS);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.element.remove();
  }
}
