/** Pairs of a label and a value for a `dl` of facts. */

import { h } from '../../../shared/element';
import type { Child } from '../../../shared/element';

interface FactLook {
  /** Explains the label in a tooltip. */
  readonly meaning?: string;
  readonly className?: string;
}

export function fact(label: string, value: Child, { meaning, className }: FactLook = {}): Node[] {
  return [h('dt', { title: meaning }, label), h('dd', { class: className }, value)];
}

export function factList(...facts: readonly (readonly Node[])[]): HTMLElement {
  return h('dl', { class: 'facts' }, facts.flat());
}
