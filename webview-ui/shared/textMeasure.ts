/** Measures the width of text in the page's font. */

/**
 * Returns a function that measures in px. It asks for the font each time, since a theme or the zoom of the window may
 * change it.
 */
export function textMeasure(font: () => string): (text: string) => number {
  const context = document.createElement('canvas').getContext('2d');
  let current = '';
  return (text) => {
    if (!context) return text.length * 7;
    const wanted = font();
    // Setting a font, even the same one, makes the browser parse it.
    if (wanted !== current) context.font = current = wanted;
    return context.measureText(text).width;
  };
}
