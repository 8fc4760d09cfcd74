/** The page's contents when there is no source to show, or when the source changed. */

import { h } from '../../../shared/element';
import { emptyState } from '../notes/emptyState';

export function waitingPage(): HTMLElement {
  return h(
    'div',
    { class: 'waiting', role: 'status' },
    h('progress', { 'aria-label': 'Opening' }),
    h('p', {}, 'Opening…'),
  );
}

export function failurePage(failure: string, reload: () => void): HTMLElement {
  return h(
    'div',
    { class: 'failure-page' },
    h('div', { class: 'mark', 'aria-hidden': 'true' }, '!'),
    emptyState(
      1,
      'This file cannot be shown',
      failure,
      h(
        'ul',
        {},
        h('li', {}, 'If the download is unfinished or the copy is truncated, fetch the file again and reload.'),
        h(
          'li',
          {},
          'If it is not a safetensors file, open it with another editor: ',
          h('em', {}, 'View: Reopen Editor With…'),
        ),
      ),
      h('button', { type: 'button', class: 'primary', onclick: reload }, 'Reload'),
    ),
  );
}

/** A file on a server, in an editor that was restored with the window. Nothing is fetched before the click. */
export function heldPage(address: string, fetch: () => void): HTMLElement {
  return h(
    'div',
    { class: 'failure-page' },
    emptyState(
      1,
      'This file is on a server',
      'The window was reloaded, and nothing has been fetched since.',
      h('p', { class: 'address' }, h('bdi', {}, address)),
      h('button', { type: 'button', class: 'primary', onclick: fetch }, 'Fetch'),
    ),
  );
}

export function changedBanner(reason: 'changed' | 'deleted', reload: () => void): HTMLElement {
  return h(
    'div',
    { class: 'banner warning', role: 'alert' },
    h('span', { class: 'mark', 'aria-hidden': 'true' }),
    h(
      'span',
      { class: 'text' },
      reason === 'changed'
        ? 'The file changed. This page shows the earlier contents.'
        : 'The file was deleted or moved. Some of its contents may no longer be readable.',
    ),
    h('button', { type: 'button', class: 'small', onclick: reload }, 'Reload'),
  );
}
