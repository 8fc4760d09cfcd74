/** Stands in place of a picture: what is missing and what to do. */

import { h } from '../../../shared/element';
import type { Child } from '../../../shared/element';

/** `level` is 1 if it is all there is on the page. */
export function emptyState(level: 1 | 2, title: string, text: string, ...actions: Child[]): HTMLElement {
  return h('div', { class: 'empty-state' }, h(`h${level}`, {}, title), h('p', {}, text), actions);
}
