/** Contrast of colours by WCAG 2.2. No DOM. */

import { rgb } from 'd3';

/** The ratio from 1 to 21 between two opaque CSS colours, as in success criterion 1.4.3. */
export function contrastRatio(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever is easier to read on this colour. The ratio is at least 4.58. */
export function readableOn(background: string): 'black' | 'white' {
  return contrastRatio('black', background) >= contrastRatio('white', background) ? 'black' : 'white';
}

/** Relative luminance, 0 to 1. */
function luminance(color: string): number {
  const { r, g, b } = rgb(color);
  const linear = (channel: number): number => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
