/** Makes elements: text goes in as text, so names from files stay names. */

interface Attributes {
  readonly [attribute: string]: string | number | boolean | undefined;
}

/** Attributes that are false or undefined are left out; true is the empty attribute. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children);
  return made;
}
