/** One module in the grid: its colour, its value, and whether it was trained. */

import type { LoraModuleInfo } from '../../../../src/protocol/source';
import { formatNumber } from '../../../shared/formatNumber';
import { visibleText } from '../../../shared/visibleText';
import { readableOn } from '../../../shared/contrast';
import { h } from '../../../shared/element';
import { pathOf } from '../../data/moduleGrid';

interface GridCellOptions {
  readonly info: LoraModuleInfo;
  readonly metric: string;
  readonly value: number;
  color(value: number): string;
  readonly untrained: boolean;
  /** False until the metrics arrive, and if this metric was not computed. */
  readonly computed: boolean;
  readonly failure: string | null;
  readonly focused: boolean;
  open(): void;
}

export function gridCell(options: GridCellOptions): HTMLElement {
  const { info, untrained, failure, value, computed } = options;
  const button = h('button', {
    type: 'button',
    class: 'cell',
    tabindex: options.focused ? 0 : -1,
    onclick: () => options.open(),
  });
  let says: string;
  if (failure) {
    button.classList.add('failed');
    button.append(h('span', { 'aria-hidden': 'true' }, '!'));
    says = failure;
  } else if (untrained) {
    button.classList.add('untrained');
    button.append(h('span', {}, 'B = 0'));
    says = 'B = 0: untrained';
  } else if (!computed) {
    button.classList.add('pending');
    says = 'not computed';
  } else if (Number.isFinite(value)) {
    const color = options.color(value);
    button.style.backgroundColor = color;
    button.style.color = readableOn(color);
    button.append(h('span', {}, formatNumber(value)));
    says = `${options.metric} ${formatNumber(value)}`;
  } else {
    button.classList.add('failed');
    button.append(h('span', {}, formatNumber(value)));
    says = `${options.metric} is ${formatNumber(value)}`;
  }
  const sizes = `A ${info.rank} × ${info.inFeatures}, B ${info.outFeatures} × ${info.rank}`;
  button.title = `${visibleText(pathOf(info))}\n${says}\n${sizes}, scaling ${formatNumber(info.scaling)}`;
  button.setAttribute('aria-label', `${pathOf(info)}: ${says}`);
  return button;
}
