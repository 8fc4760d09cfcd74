/** Selects the module to show: a list of all modules, and buttons for the previous and the next. */

import type { LoraModuleInfo } from '../../../../src/protocol/source';
import { visibleText } from '../../../shared/visibleText';
import { withoutCommonPrefix } from '../../data/moduleGrid';
import { h } from '../../../shared/element';

interface ModulePicker {
  readonly element: HTMLElement;
  show(module: string): void;
}

export function modulePicker(modules: readonly LoraModuleInfo[], onPick: (module: string) => void): ModulePicker {
  const names = withoutCommonPrefix(modules.map(({ module }) => module));
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
      only.textContent = visibleText(module);
      previous.disabled = select.selectedIndex <= 0;
      next.disabled = select.selectedIndex >= modules.length - 1;
    },
  };
}
