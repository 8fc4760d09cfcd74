/** The matrix that the details panel is about: the one used last. */

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

  /** Call when the colours of the pane changed. */
  recolored(pane: Pane): void {
    if (pane === this.pane) for (const listener of this.colorListeners) listener();
  }

  /** Call when the matrix of the same pane changed. */
  refresh(): void {
    for (const listener of this.listeners) listener();
  }

  /** Returns a function that removes the listener. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onColor(listener: () => void): () => void {
    this.colorListeners.add(listener);
    return () => this.colorListeners.delete(listener);
  }
}
