/** The modules with the largest values of the current metric, as bars. A click opens a module. */

import type { LoraModuleInfo } from '../../../../src/protocol/source';
import { formatNumber } from '../../../shared/formatNumber';
import { NameShortener } from '../../../../src/text/shortNames';
import { pathOf } from '../../data/moduleGrid';
import { showName } from '../../../shared/names';
import { h, replace } from '../../../shared/element';

const SHOWN = 8;

export function topModules(
  place: HTMLElement,
  modules: readonly Pick<LoraModuleInfo, 'module' | 'path'>[],
  values: Float64Array,
  untrained: readonly boolean[],
  metric: string,
  computed: boolean,
  open: (module: number) => void,
): void {
  const ranked = [...values.keys()]
    .filter((module) => Number.isFinite(values[module]) && !untrained[module])
    .sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0))
    .slice(0, SHOWN);
  place.hidden = !computed || ranked.length === 0;
  const shortener = new NameShortener(modules.map(pathOf));
  const largest = values[ranked[0] ?? 0] || 1;
  replace(
    place,
    h('h2', {}, `Largest ${metric}`),
    h(
      'ol',
      { class: 'top-modules' },
      ranked.map((module) => {
        const info = modules[module]!;
        const name = h('span', { class: 'name' });
        showName(name, pathOf(info), (whole, fits) => shortener.shorten(whole, fits));
        const bar = h('span', { class: 'bar' });
        bar.style.width = `${(100 * (values[module] ?? 0)) / largest}%`;
        return h(
          'li',
          {},
          h(
            'button',
            { type: 'button', title: info.module, onclick: () => open(module) },
            name,
            h('span', { class: 'value' }, formatNumber(values[module] ?? NaN)),
            bar,
          ),
        );
      }),
    ),
  );
}
