/** Which of the matrices on show the details panel is about: the one last touched. */

import type { Pane } from './pane';

export class ActiveMatrix {
  private pane: Pane | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly colorListeners = new Set<() => void>();

  get current(): Pane | null {
    return this.pane;
  }

  set(pane: Pane | null): void {
    if (pane === this.pane) return;
    this.pane?.element.classList.remove('active');
    pane?.element.classList.add('active');
    this.pane = pane;
    this.refresh();
  }

  /** The pane's colours changed. */
  recolored(pane: Pane): void {
    if (pane === this.pane) for (const listener of this.colorListeners) listener();
  }

  /** The pane stayed, its matrix changed. */
  refresh(): void {
    for (const listener of this.listeners) listener();
  }

  /** Returns the function that takes the listener away. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onColor(listener: () => void): () => void {
    this.colorListeners.add(listener);
    return () => this.colorListeners.delete(listener);
  }
}
