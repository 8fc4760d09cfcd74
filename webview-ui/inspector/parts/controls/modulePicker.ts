/** Selects the module to show: a list of all modules, and buttons for the previous and the next. */

import type { LoraModuleInfo } from '../../../../src/protocol/source';
import { visibleText } from '../../../shared/visibleText';
import { shortNames, withinCharacters } from '../../../../src/text/shortNames';
import { breakable } from '../../../shared/names';
import { pathOf } from '../../data/moduleGrid';
import { h, replace } from '../../../shared/element';

/** The list is at most about half of a usual editor wide. */
export const OPTION_CHARACTERS = 64;

interface ModulePicker {
  readonly element: HTMLElement;
  show(module: string): void;
}

export function modulePicker(modules: readonly LoraModuleInfo[], onPick: (module: string) => void): ModulePicker {
  const names = shortNames(modules.map(pathOf), withinCharacters(OPTION_CHARACTERS));
  const select = h(
    'select',
    { 'aria-label': 'Module', onchange: () => go(select.selectedIndex) },
    modules.map(({ module }, i) => h('option', { value: module, title: module }, names[i] ?? module)),
  );
  const previous = h(
    'button',
    {
      type: 'button',
      class: 'icon',
      title: 'Previous module',
      'aria-label': 'Previous module',
      onclick: () => go(select.selectedIndex - 1),
    },
    '‹',
  );
  const next = h(
    'button',
    {
      type: 'button',
      class: 'icon',
      title: 'Next module',
      'aria-label': 'Next module',
      onclick: () => go(select.selectedIndex + 1),
    },
    '›',
  );
  const only = h('h2', { class: 'module-name' });
  const single = modules.length < 2;
  function go(index: number): void {
    const info = modules[index];
    if (info) onPick(info.module);
  }
  return {
    element: single ? only : h('div', { class: 'module-picker' }, previous, select, next),
    show(module) {
      select.selectedIndex = modules.findIndex((info) => info.module === module);
      select.title = visibleText(module);
      replace(only, breakable(modules[select.selectedIndex] ? pathOf(modules[select.selectedIndex]!) : module));
      previous.disabled = select.selectedIndex <= 0;
      next.disabled = select.selectedIndex >= modules.length - 1;
    },
  };
}
