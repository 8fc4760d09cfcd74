/** Selects one of a few modules. A single module is shown as its name. */

import { withoutCommonPrefix } from '../../data/moduleGrid';
import { h } from '../../../shared/element';

interface ModuleSelect {
  readonly element: HTMLElement;
  show(module: string): void;
}

export function moduleSelect(modules: readonly string[], onPick: (module: string) => void): ModuleSelect {
  const [only] = modules;
  if (modules.length < 2) return { element: h('h2', { class: 'module-name' }, only ?? ''), show: () => undefined };
  const names = withoutCommonPrefix(modules);
  const select = h(
    'select',
    { 'aria-label': 'Module', onchange: () => onPick(select.value) },
    modules.map((module, i) => h('option', { value: module, title: module }, names[i] ?? module)),
  );
  return { element: select, show: (module) => (select.value = module) };
}
