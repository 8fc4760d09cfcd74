/** The colour schemes: how each looks on light and on dark. No DOM. */

import { interpolateBrBG, interpolateLab, interpolatePuOr, interpolateRdBu, interpolateViridis, piecewise } from 'd3';
import type { SchemeName } from './heatmap/types';
import type { ThemeKind } from './theme';

export interface Scheme {
  readonly name: SchemeName;
  readonly label: string;
  readonly diverging: boolean;
}

/** In the order a menu lists them; the first is the default. */
export const SCHEMES: readonly Scheme[] = [
  { name: 'redBlue', label: 'Blue to red', diverging: true },
  { name: 'purpleOrange', label: 'Purple to orange', diverging: true },
  { name: 'brownTeal', label: 'Brown to teal', diverging: true },
  { name: 'viridis', label: 'Viridis (0 and up)', diverging: false },
];

type DivergingName = Exclude<SchemeName, 'viridis'>;

/** ColorBrewer's schemes are pale in the middle, which suits paper; 0 is -limit, 1 is limit. */
const onLight: Readonly<Record<DivergingName, (position: number) => string>> = {
  redBlue: (position) => interpolateRdBu(1 - position),
  purpleOrange: interpolatePuOr,
  brownTeal: interpolateBrBG,
};

/** The same hues turned inside out: near the background in the middle, light at the ends. */
const onDark: Readonly<Record<DivergingName, { readonly negative: readonly string[]; readonly positive: readonly string[] }>> = {
  redBlue: { negative: ['#cfe8ff', '#62b0f0', '#2a6fb5'], positive: ['#b5392f', '#f07f5a', '#ffe0cf'] },
  purpleOrange: { negative: ['#e6dcff', '#a98cec', '#6a4bb0'], positive: ['#a85a0c', '#ee9f3c', '#ffe6bd'] },
  brownTeal: { negative: ['#f3e2bd', '#cf9f4b', '#875a1c'], positive: ['#12726a', '#3fbdb0', '#cbf3ee'] },
};

/** Zero in a dark theme: a little lighter than the usual editor background, so that a zero matrix is still a shape. */
const DARK_MIDDLE = '#2b2b2e';
const HIGH_CONTRAST_MIDDLE = '#101010';

export function schemeLabel(name: SchemeName): string {
  return SCHEMES.find((scheme) => scheme.name === name)?.label ?? name;
}

export function isDiverging(name: SchemeName): boolean {
  return name !== 'viridis';
}

/** CSS colour at a position from 0 to 1 along the scheme. */
export function schemeInterpolator(name: SchemeName, theme: ThemeKind): (position: number) => string {
  if (name === 'viridis') return interpolateViridis;
  if (theme === 'light' || theme === 'highContrastLight') return onLight[name];
  const { negative, positive } = onDark[name];
  const middle = theme === 'dark' ? DARK_MIDDLE : HIGH_CONTRAST_MIDDLE;
  return piecewise(interpolateLab, [...negative, middle, ...positive]);
}

export interface SpecialColors {
  readonly nan: string;
  readonly positiveInfinity: string;
  readonly negativeInfinity: string;
}

/** Hues no scheme passes through, so that a value that is not a number cannot be taken for one. */
export function specialColors(theme: ThemeKind): SpecialColors {
  const light = theme === 'light' || theme === 'highContrastLight';
  return light
    ? { nan: '#ff00e6', positiveInfinity: '#00d42a', negativeInfinity: '#00c8ff' }
    : { nan: '#ff2bf1', positiveInfinity: '#2bff3a', negativeInfinity: '#00f0ff' };
}
