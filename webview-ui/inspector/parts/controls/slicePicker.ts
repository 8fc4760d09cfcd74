/** Selects one matrix of a tensor of rank 3 or higher: an index for each leading dimension. */

import { h, replace } from '../../../shared/element';

interface SlicePicker {
  readonly element: HTMLElement;
  show(leading: readonly number[], slice: readonly number[]): void;
}

export function slicePicker(onChange: (slice: readonly number[]) => void): SlicePicker {
  const element = h('div', { class: 'slices', role: 'group', 'aria-label': 'Slice of the tensor' });
  let inputs: HTMLInputElement[] = [];
  let sizes = '';
  return {
    element,
    show(leading, slice) {
      element.hidden = leading.length === 0;
      if (sizes !== leading.join()) {
        sizes = leading.join();
        inputs = leading.map((size, axis) => {
          const input: HTMLInputElement = h('input', {
            type: 'number',
            min: 0,
            max: size - 1,
            step: 1,
            'aria-label': `Index in dimension ${axis}, 0 to ${size - 1}`,
            oninput: () => {
              if (input.validity.valid && input.value !== '') onChange(inputs.map((one) => one.valueAsNumber || 0));
            },
          });
          return input;
        });
        replace(
          element,
          h('span', {}, 'Slice ['),
          leading.flatMap((size, axis) => [
            inputs[axis] as HTMLInputElement,
            h('span', { class: 'note' }, `of ${size}, `),
          ]),
          h('span', {}, ':, : ]'),
        );
      }
      inputs.forEach((input, axis) => {
        if (document.activeElement !== input) input.value = String(slice[axis] ?? 0);
      });
    },
  };
}
