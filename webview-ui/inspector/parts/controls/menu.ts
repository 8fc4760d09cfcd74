/** A small menu at a point. Arrow keys move in it; Escape and a click elsewhere close it. */

import { h } from '../../../shared/element';

interface MenuItem {
  readonly label: string;
  readonly disabled?: boolean;
  /** The keyboard shortcut for the same action. */
  readonly keys?: string;
  run(): void;
}

let close: (() => void) | null = null;

/** `opener` gets the focus back when the menu closes. */
export function openMenu(
  items: readonly MenuItem[],
  at: { readonly x: number; readonly y: number },
  opener: HTMLElement,
): void {
  close?.();
  const buttons = items.map(({ label, disabled, keys, run }) =>
    h(
      'button',
      { type: 'button', role: 'menuitem', tabindex: -1, disabled: disabled ?? false, onclick: () => (shut(), run()) },
      h('span', {}, label),
      keys !== undefined && h('kbd', {}, keys),
    ),
  );
  const menu = h('div', { class: 'menu', role: 'menu', onkeydown: (event: KeyboardEvent) => key(event) }, buttons);
  const enabled = buttons.filter((button) => !button.disabled);

  function shut(): void {
    close = null;
    menu.remove();
    document.removeEventListener('pointerdown', outside, true);
    window.removeEventListener('blur', shut);
    opener.focus({ preventScroll: true });
  }
  function outside(event: Event): void {
    if (!menu.contains(event.target as Node)) shut();
  }
  function key(event: KeyboardEvent): void {
    const at = enabled.indexOf(document.activeElement as HTMLButtonElement);
    const move: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
    if (event.key === 'Escape' || event.key === 'Tab') shut();
    else if (event.key in move) enabled.at((move[event.key] ?? 0) % enabled.length)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  close = shut;
  document.body.append(menu);
  const { offsetWidth, offsetHeight } = menu;
  menu.style.left = `${Math.max(0, Math.min(at.x, window.innerWidth - offsetWidth - 4))}px`;
  menu.style.top = `${Math.max(0, Math.min(at.y, window.innerHeight - offsetHeight - 4))}px`;
  document.addEventListener('pointerdown', outside, true);
  window.addEventListener('blur', shut);
  enabled[0]?.focus();
}
