/** A few exclusive choices side by side: radio buttons that look like a switch. */

import { h } from '../../../shared/element';

interface Choice<V extends string> {
  readonly value: V;
  readonly label: string;
  readonly title?: string;
  /** Why the choice is unavailable now. */
  readonly disabled?: string;
}

interface Segmented<V extends string> {
  readonly element: HTMLElement;
  show(value: V): void;
}

let groups = 0;

export function segmented<V extends string>(
  label: string,
  choices: readonly Choice<V>[],
  onChange: (value: V) => void,
): Segmented<V> {
  const name = `choice${++groups}`;
  const inputs = choices.map(({ value, disabled }) =>
    h('input', { type: 'radio', name, value, disabled: disabled !== undefined, onchange: () => onChange(value) }),
  );
  const element = h(
    'fieldset',
    { class: 'segmented' },
    h('legend', { class: 'hidden' }, label),
    choices.map((choice, i) =>
      h('label', { title: choice.disabled ?? choice.title }, inputs[i], h('span', {}, choice.label)),
    ),
  );
  return {
    element,
    show(value) {
      choices.forEach((choice, i) => ((inputs[i] as HTMLInputElement).checked = choice.value === value));
    },
  };
}
