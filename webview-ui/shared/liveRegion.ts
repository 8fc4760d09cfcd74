/** Speaks to a screen reader without showing anything: the cell the cursor is on, the end of a long task. */

/** Keys held down move faster than speech: only where the cursor rests is read out. */
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
      // Said again when it is the same as before: readers skip a region whose text did not change.
      this.element.textContent = this.element.textContent === text ? `${text}\u00a0` : text;
    }, SETTLE_MS);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.element.remove();
  }
}
