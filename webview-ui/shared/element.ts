/**
 * Makes DOM elements. Text is set as text only, with invisible characters made visible: names in files come from
 * strangers.
 */

import { visibleText } from './visibleText';

type Attribute = string | number | boolean | null | undefined | ((event: never) => void);
/** Attributes whose text is shown or read aloud. */
const SHOWN = new Set(['title', 'aria-label', 'placeholder']);

/** A list is passed as one child: as arguments, its entries would lie on the stack, and a file may have very many. */
export type Child = Node | string | null | undefined | false | readonly Child[];

/**
 * `h('button', { class: 'tool', type: 'button', onclick: act }, 'Act')`. A key that starts with `on` adds a listener. A
 * boolean sets or omits the attribute, except that `aria-` attributes get 'true' or 'false'. `null` and `undefined`
 * omit it.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (typeof value === 'boolean' && !name.startsWith('aria-')) element.toggleAttribute(name, value);
    else element.setAttribute(name, SHOWN.has(name) ? visibleText(String(value)) : String(value));
  }
  append(element, children);
  return element;
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (isList(child)) append(parent, child);
    else if (child !== null && child !== undefined && child !== false)
      parent.append(typeof child === 'string' ? visibleText(child) : child);
  }
}

function isList(child: Child): child is readonly Child[] {
  return Array.isArray(child);
}

export function replace(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}
