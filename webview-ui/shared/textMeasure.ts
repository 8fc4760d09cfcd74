/** How wide a text is in the page's font. */

/** Measures in px; the font is asked for anew each time, since a theme or the zoom of the window may change it. */
export function textMeasure(font: () => string): (text: string) => number {
  const context = document.createElement('canvas').getContext('2d');
  let current = '';
  return (text) => {
    if (!context) return text.length * 7;
    const wanted = font();
    // To set a font, even the same one, has the browser parse it.
    if (wanted !== current) context.font = current = wanted;
    return context.measureText(text).width;
  };
}
