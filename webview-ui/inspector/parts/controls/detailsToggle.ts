/** The button that opens and closes the details panel. */

import { h } from '../../../shared/element';
import type { StateStore } from '../../data/state';

/** The same width as in layout.css. */
const NARROW = window.matchMedia('(max-width: 860px)');

interface DetailsToggle {
  readonly element: HTMLElement;
  dispose(): void;
}

/** `work` holds the stage and the details. */
export function detailsToggle(work: HTMLElement, store: StateStore): DetailsToggle {
  let narrowOpen = false;
  const show = (): void => {
    const open = NARROW.matches ? narrowOpen : store.get().details;
    work.classList.toggle('details-closed', !open);
    element.setAttribute('aria-expanded', String(open));
  };
  const toggle = (): void => {
    // The details of a narrow page cover the picture. They are opened for a look, and that is not remembered.
    if (NARROW.matches) narrowOpen = !narrowOpen;
    else store.set({ details: !store.get().details });
    show();
  };
  const element = h(
    'button',
    { type: 'button', class: 'toggle', 'aria-controls': 'details', onclick: toggle },
    'Details',
  );
  show();
  NARROW.addEventListener('change', show);
  return { element, dispose: () => NARROW.removeEventListener('change', show) };
}
