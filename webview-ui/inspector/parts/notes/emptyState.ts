/** Stands in place of a picture: what is missing and what to do. */

import { h } from '../../../shared/element';
import type { Child } from '../../../shared/element';

export function emptyState(title: string, text: string, ...actions: Child[]): HTMLElement {
  return h('div', { class: 'empty-state' }, h('h2', {}, title), h('p', {}, text), actions);
}
