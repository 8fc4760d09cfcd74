/** Switches a view between values and their gradients. */

import type { StateStore } from '../../data/state';
import { segmented } from './segmented';

interface GradientSwitch {
  readonly element: HTMLElement;
  /** Hides the switch unless gradients are `available`. */
  show(available: boolean, gradients: boolean): void;
}

/** `label` is for screen readers, `meaning` explains the gradients in a tooltip. */
export function gradientSwitch(store: StateStore, label: string, meaning?: string): GradientSwitch {
  const choice = segmented<'value' | 'gradient'>(
    label,
    [
      { value: 'value', label: 'Values' },
      { value: 'gradient', label: 'Gradients', ...(meaning !== undefined && { title: meaning }) },
    ],
    (value) => store.set({ gradients: value === 'gradient' }),
  );
  return {
    element: choice.element,
    show(available, gradients) {
      choice.element.hidden = !available;
      choice.show(gradients ? 'gradient' : 'value');
    },
  };
}
