/** One module of an overview: its colour and its value. */

import { readableOn } from '../../../shared/contrast';
import { h } from '../../../shared/element';
import { formatNumber } from '../../../shared/formatNumber';
import { visibleText } from '../../../shared/visibleText';

interface MeasureCellOptions {
  readonly module: string;
  /** What the value measures. */
  readonly label: string;
  readonly value: number;
  color(value: number): string;
  open(): void;
}

/** A cell has little room, and a screen reader says what the cell shows. */
const SHOWN_DIGITS = 3;

export function measureCell({ module, label, value, color, open }: MeasureCellOptions): HTMLElement {
  const says = (digits?: number): string =>
    `${label} ${Number.isFinite(value) ? formatNumber(value, digits) : 'unknown: NaN or infinities'}`;
  const button = h('button', {
    type: 'button',
    class: 'cell',
    tabindex: -1,
    title: `${visibleText(module)}\n${says()}`,
    'aria-label': `${module}: ${says(SHOWN_DIGITS)}`,
    onclick: open,
  });
  if (Number.isFinite(value)) {
    const background = color(value);
    button.style.backgroundColor = background;
    button.style.color = readableOn(background);
    button.append(h('span', {}, formatNumber(value, SHOWN_DIGITS)));
  } else {
    button.classList.add('failed');
    button.append(h('span', {}, 'NaN'));
  }
  return button;
}
