/** Tabs as in the ARIA pattern: one tab stop, arrow keys select. */

import { h } from '../../../shared/element';

interface TabBar {
  readonly element: HTMLElement;
  show(name: string): void;
}

export function tabBar(
  tabs: readonly { readonly name: string; readonly label: string }[],
  choose: (name: string) => void,
): TabBar {
  const buttons = tabs.map(({ name, label }) =>
    h(
      'button',
      { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'stage', onclick: () => choose(name) },
      label,
    ),
  );
  const element = h(
    'div',
    {
      class: 'tabs',
      role: 'tablist',
      'aria-label': 'Views',
      onkeydown: (event: KeyboardEvent) => {
        const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
        const moves: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
        const to = buttons.at((moves[event.key] ?? NaN) % buttons.length);
        if (!(event.key in moves) || !to) return;
        event.preventDefault();
        to.focus();
        to.click();
      },
    },
    buttons,
  );
  return {
    element,
    show(shown) {
      buttons.forEach((button, i) => {
        const selected = tabs[i]?.name === shown;
        button.setAttribute('aria-selected', String(selected));
        button.tabIndex = selected ? 0 : -1;
      });
    },
  };
}
