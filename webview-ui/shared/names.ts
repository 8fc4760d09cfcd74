/** Shows names in the width that they get: broken into lines after their separators, or shortened in their middle. */

import type { Fits } from '../../src/text/shortNames';
import { shortenedName } from '../../src/text/shortNames';
import { h } from './element';
import { textMeasure } from './textMeasure';
import { visibleName } from './visibleText';

type Shorten = (name: string, fits: Fits) => string;

/** The name with places to break a line after its dots, underscores and slashes. */
export function breakable(name: string): Node[] {
  const parts = visibleName(name).split(/(?<=[._/])/);
  return parts.flatMap((part, i) => [...(i === 0 ? [] : [h('wbr')]), document.createTextNode(part)]);
}

interface Shown {
  readonly name: string;
  readonly shorten: Shorten;
}

const shown = new WeakMap<Element, Shown>();
let font = '';
const measure = textMeasure(() => font);

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.isConnected) fit(target as HTMLElement);
    else observer.unobserve(target);
  }
});

/**
 * Shows a name on one line, as long as the width of the element allows. The element takes the width of the whole name
 * if it can, whatever is shown (`.fitted` in base.css). Its tooltip is the whole name.
 */
export function showName(element: HTMLElement, name: string, shorten: Shorten = shortenedName): void {
  const visible = visibleName(name);
  shown.set(element, { name: visible, shorten });
  element.classList.add('fitted');
  element.dataset['name'] = visible;
  element.textContent = visible;
  if (element.isConnected) fit(element);
  observer.observe(element);
}

function fit(element: HTMLElement): void {
  const { name, shorten } = shown.get(element)!;
  const style = getComputedStyle(element);
  const room = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  if (room <= 0) return;
  // The shorthand `font` is empty if digits have one width, because it cannot say so.
  font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  // The width of an element is rounded, and that of a text is not.
  const text = shorten(name, (candidate) => measure(candidate) <= room + 0.5);
  if (element.textContent !== text) element.textContent = text;
}
