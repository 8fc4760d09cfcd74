/** One module of an overview: its colour and its value. */

import { rgb } from 'd3';
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

/** The luminance at which black and white text have the same contrast, 4.58 to 1 (WCAG 2). */
const MIDDLE_LUMINANCE = 0.179;

export function measureCell({ module, label, value, color, open }: MeasureCellOptions): HTMLElement {
  const says = `${label} ${Number.isFinite(value) ? formatNumber(value) : 'unknown: NaN or infinities'}`;
  const button = h('button', {
    type: 'button',
    class: 'cell',
    tabindex: -1,
    title: `${visibleText(module)}\n${says}`,
    'aria-label': `${module}: ${says}`,
    onclick: open,
  });
  if (Number.isFinite(value)) {
    const background = color(value);
    button.style.backgroundColor = background;
    button.classList.add(luminance(background) < MIDDLE_LUMINANCE ? 'on-dark' : 'on-light');
    button.append(h('span', {}, formatNumber(value, 3)));
  } else {
    button.classList.add('failed');
    button.append(h('span', {}, 'NaN'));
  }
  return button;
}

/** Relative luminance of a CSS colour, as WCAG 2 defines it. */
function luminance(color: string): number {
  const { r, g, b } = rgb(color);
  const linear = (channel: number): number => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
