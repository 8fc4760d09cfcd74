/** Selects one of a few modules. A single module is shown as its name. */

import { shortNames, withinCharacters } from '../../../../src/text/shortNames';
import { breakable } from '../../../shared/names';
import { h } from '../../../shared/element';
import { OPTION_CHARACTERS } from './modulePicker';

interface ModuleSelect {
  readonly element: HTMLElement;
  show(module: string): void;
}

export function moduleSelect(modules: readonly string[], onPick: (module: string) => void): ModuleSelect {
  const [only] = modules;
  if (modules.length < 2)
    return { element: h('h2', { class: 'module-name' }, breakable(only ?? '')), show: () => undefined };
  const names = shortNames(modules, withinCharacters(OPTION_CHARACTERS));
  const select = h(
    'select',
    { 'aria-label': 'Module', onchange: () => onPick(select.value) },
    modules.map((module, i) => h('option', { value: module, title: module }, names[i] ?? module)),
  );
  return { element: select, show: (module) => (select.value = module) };
}
