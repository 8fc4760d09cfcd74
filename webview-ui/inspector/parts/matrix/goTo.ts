/** Asks for a row and a column and moves the pane's cursor there. */

import { formatCount } from '../../../shared/formatNumber';
import type { ViewContext } from '../../context';
import { placeNamed } from '../../data/cellText';
import { h } from '../../../shared/element';
import type { Pane } from './pane';

let close: (() => void) | null = null;

export function openGoTo(pane: Pane, { notify }: ViewContext): void {
  const { subject } = pane;
  if (!subject) return;
  close?.();
  const { rowLabel, columnLabel, rows, columns } = subject;
  const expected =
    rows === 1
      ? `${columnLabel} 0 to ${formatCount(columns - 1)}`
      : `${rowLabel} 0 to ${formatCount(rows - 1)}, ${columnLabel} 0 to ${formatCount(columns - 1)}`;
  const input = h('input', {
    type: 'search',
    spellcheck: 'false',
    placeholder: rows === 1 ? columnLabel : `${rowLabel}, ${columnLabel}`,
    'aria-label': `Go to cell: ${expected}`,
  });
  const form = h(
    'form',
    { class: 'menu go-to', onsubmit: (event: Event) => go(event) },
    input,
    h('button', { type: 'submit', class: 'primary' }, 'Go'),
  );
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    shut();
    pane.heatmap.element.focus({ preventScroll: true });
  });

  function go(event: Event): void {
    event.preventDefault();
    const place = placeNamed(input.value, subject!);
    if (!place) return notify(`Expected ${expected}`);
    shut();
    pane.heatmap.goTo(place);
  }
  function shut(): void {
    close = null;
    form.remove();
    document.removeEventListener('pointerdown', outside, true);
  }
  function outside(event: Event): void {
    if (!form.contains(event.target as Node)) shut();
  }

  close = shut;
  document.body.append(form);
  const { left, top } = pane.heatmap.element.getBoundingClientRect();
  form.style.left = `${left + 8}px`;
  form.style.top = `${top + 8}px`;
  document.addEventListener('pointerdown', outside, true);
  input.focus();
}
