/** The keys of the inspector, in a dialog that '?' opens. */

import { h } from '../../../shared/element';

const KEYS: readonly (readonly [string, string])[] = [
  ['Arrow keys', 'Move the cursor of a matrix, or between the cells of the grid'],
  ['Home, End', 'First and last column of the row, or first and last cell of the grid'],
  ['Page Up, Page Down', 'Move by a screen'],
  ['+ and -', 'Zoom in and out'],
  ['0', 'Show the whole matrix'],
  ['G', 'Go to a row and a column'],
  ['N', 'Go to the next NaN or infinity'],
  ['M', 'Go to the entry of largest magnitude'],
  ['Ctrl+C', 'Copy the exact value at the cursor'],
  ['Shift+F10', 'Menu of a matrix'],
  ['Enter', 'Open a module of the grid, or a tensor of the scan'],
  ['Escape', 'Hide the tooltip, close a menu, cancel a search'],
  ['?', 'Show these keys'],
];

/** Opens the dialog at each '?' that is not typed into a field. */
export function offerKeysHelp(): void {
  window.addEventListener('keydown', (event) => {
    const typing = event.target instanceof Element && event.target.closest('input:not([type=range]), textarea, select');
    if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    event.preventDefault();
    openKeysHelp();
  });
}

export function openKeysHelp(): void {
  if (document.querySelector('dialog.keys-help')) return;
  const close = h('button', { type: 'button', class: 'primary', onclick: () => dialog.close() }, 'Close');
  const dialog = h(
    'dialog',
    { class: 'keys-help', 'aria-labelledby': 'keys-title' },
    h('h2', { id: 'keys-title' }, 'Keys'),
    h(
      'dl',
      { class: 'facts' },
      KEYS.flatMap(([keys, meaning]) => [h('dt', {}, h('kbd', {}, keys)), h('dd', {}, meaning)]),
    ),
    close,
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
