/** Selects one of `count` numbered things: a layer, a head, a batch item. */

import { h, replace } from '../../../shared/element';

interface NumberSelect {
  readonly element: HTMLElement;
  show(count: number, value: number): void;
}

export function numberSelect(label: string, onPick: (value: number) => void): NumberSelect {
  const select = h('select', { onchange: () => onPick(Number(select.value)) });
  const element = h('label', { class: 'field' }, h('span', {}, label), select);
  return {
    element,
    show(count, value) {
      if (select.options.length !== count) {
        replace(
          select,
          Array.from({ length: count }, (_, i) => h('option', { value: i }, String(i))),
        );
      }
      select.value = String(value);
      element.hidden = count < 2;
    },
  };
}
