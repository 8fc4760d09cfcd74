/** Offers to read the base's weights, and says what came of it. Nothing is read before the user asks. */

import type { BaseComparison } from '../../../../src/protocol/baseComparison';
import { h, replace } from '../../../shared/element';
import { formatCount } from '../../../shared/formatNumber';
import type { ViewContext } from '../../context';
import { longWork } from '../notes/progressNote';

interface BaseOffer {
  readonly element: HTMLElement;
  dispose(): void;
}

/** `compared` is called with each new comparison. */
export function baseOffer({ client }: ViewContext, compared: (base: BaseComparison) => void): BaseOffer {
  const element = h('div', { class: 'base-offer' });
  let stop: (() => void) | null = null;

  const button = (label: string, choose: boolean, title: string): HTMLElement =>
    h('button', { type: 'button', class: 'small', title, onclick: () => read(choose) }, label);
  const offer = (): void =>
    replace(
      element,
      button(
        'Compare with the base',
        false,
        'Reads the weights of the base model once: ‖ΔW‖ / ‖W‖, and the angles between the leading directions',
      ),
    );
  const choice = (): HTMLElement =>
    button('Choose the base...', true, 'The weights of the base model, or its config.json beside them');
  const read = (choose: boolean): void => {
    stop?.();
    stop = longWork(element, {
      title: 'Reading the base',
      again: 'Read',
      run: (signal, onProgress) => client.compareWithBase(choose, { signal, onProgress }),
      done: (base) => {
        if (base) {
          show(base);
          compared(base);
        } else if (choose) offer();
        else replace(element, h('span', { role: 'status' }, 'The base was not found on this disk.'), choice());
      },
    });
  };
  const show = ({ path, weightNorm }: BaseComparison): void => {
    const missing = weightNorm.filter(Number.isNaN).length;
    const without =
      missing === 0 ? '' : `, which lacks ${formatCount(missing)} of ${formatCount(weightNorm.length)} modules`;
    const text = `Compared with ${path.split(/[\\/]/).slice(-2).join('/')}${without}`;
    replace(element, h('span', { role: 'status', title: path }, text), choice());
  };

  if (client.base) show(client.base);
  else offer();
  return { element, dispose: () => stop?.() };
}
