/** Finds what a page cuts off. The function runs in the page. */

/**
 * Descriptions of all visible matrices and controls thinner than 24 px, and of all texts that are cut by an element or
 * by the window. What can be scrolled into view is not cut.
 */
export function clippedIn(): string[] {
  // A thinner matrix shows nothing, and a thinner control cannot be hit.
  const thinnest = 24;
  const found: string[] = [];
  const visible = (element: Element): boolean => element.checkVisibility({ visibilityProperty: true });
  const named = (element: Element, text = ''): string => {
    const kind = typeof element.className === 'string' ? element.className : element.getAttribute('class');
    return `${element.tagName.toLowerCase()}.${kind ?? ''} ${text}`;
  };
  for (const element of document.querySelectorAll(
    '.heatmap-plot, button, select, input:not([type=checkbox], [type=radio])',
  )) {
    if (!visible(element)) continue;
    const { width, height } = element.getBoundingClientRect();
    if (Math.min(width, height) < thinnest - 0.5)
      found.push(`thin: ${named(element, element.textContent ?? '')} ${width.toFixed(0)} x ${height.toFixed(0)}`);
  }
  const cutBy = (from: Element, box: DOMRect): string | null => {
    for (let at: Element | null = from; at && at !== document.body; at = at.parentElement) {
      const { overflowX, overflowY, clipPath, position } = getComputedStyle(at);
      // Only screen readers get this text.
      if (clipPath !== 'none') return null;
      if ([overflowX, overflowY].some((overflow) => overflow === 'auto' || overflow === 'scroll')) return null;
      const place = at.getBoundingClientRect();
      const beyond = Math.max(box.right - place.right, place.left - box.left);
      if (overflowX !== 'visible' && beyond > 1) return `${named(at)} by ${beyond.toFixed(0)} px`;
      if (overflowY !== 'visible' && Math.max(box.bottom - place.bottom, place.top - box.top) > 3) return named(at);
      if (position === 'fixed') return null;
    }
    return box.right > window.innerWidth + 1 || box.left < -1 ? 'the window' : null;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!parent || (node.textContent ?? '').trim() === '' || !visible(parent)) continue;
    if (parent.closest('script, style, select, title, option')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const cut = cutBy(parent, range.getBoundingClientRect());
    if (cut !== null) found.push(`cut: ${named(parent, JSON.stringify(node.textContent))} by ${cut}`);
  }
  return found;
}
