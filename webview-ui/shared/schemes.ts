/** The colour schemes and how each looks in light and dark themes. No DOM. */

import { interpolateLab, interpolateRgb, interpolateRgbBasis, piecewise } from 'd3';
import type { SchemeName } from './heatmap/types';
import type { ThemeKind } from './theme';

interface Scheme {
  readonly name: SchemeName;
  readonly label: string;
  readonly diverging: boolean;
}

/** The schemes in menu order; the first is the default. */
export const SCHEMES: readonly Scheme[] = [
  { name: 'redBlue', label: 'Blue to red', diverging: true },
  { name: 'purpleOrange', label: 'Purple to orange', diverging: true },
  { name: 'brownTeal', label: 'Brown to teal', diverging: true },
  { name: 'viridis', label: 'Viridis (0 and up)', diverging: false },
];

type DivergingName = Exclude<SchemeName, 'viridis'>;

/**
 * ColorBrewer's RdBu, PuOr and BrBG from -limit (0) to limit (1). They are pale in the middle, which suits a light
 * background. They are written out here because d3-scale-chromatic would bring every scheme it has.
 */
const onLight: Readonly<Record<DivergingName, (position: number) => string>> = {
  redBlue: interpolateRgbBasis([
    '#053061',
    '#2166ac',
    '#4393c3',
    '#92c5de',
    '#d1e5f0',
    '#f7f7f7',
    '#fddbc7',
    '#f4a582',
    '#d6604d',
    '#b2182b',
    '#67001f',
  ]),
  purpleOrange: interpolateRgbBasis([
    '#2d004b',
    '#542788',
    '#8073ac',
    '#b2abd2',
    '#d8daeb',
    '#f7f7f7',
    '#fee0b6',
    '#fdb863',
    '#e08214',
    '#b35806',
    '#7f3b08',
  ]),
  brownTeal: interpolateRgbBasis([
    '#543005',
    '#8c510a',
    '#bf812d',
    '#dfc27d',
    '#f6e8c3',
    '#f5f5f5',
    '#c7eae5',
    '#80cdc1',
    '#35978f',
    '#01665e',
    '#003c30',
  ]),
};

/** matplotlib's viridis at 17 points. Values between them are within 5 of 255 of its table. */
export const viridis: (position: number) => string = piecewise(interpolateRgb, [
  '#440154',
  '#48186a',
  '#472d7b',
  '#424086',
  '#3b528b',
  '#33638d',
  '#2c728e',
  '#26828e',
  '#21918c',
  '#1fa088',
  '#28ae80',
  '#3fbc73',
  '#5ec962',
  '#84d44b',
  '#addc30',
  '#d8e219',
  '#fde725',
]);

/** The same hues inverted: close to the background in the middle, light at the ends. */
const onDark: Readonly<
  Record<DivergingName, { readonly negative: readonly string[]; readonly positive: readonly string[] }>
> = {
  redBlue: { negative: ['#cfe8ff', '#62b0f0', '#2a6fb5'], positive: ['#b5392f', '#f07f5a', '#ffe0cf'] },
  purpleOrange: { negative: ['#e6dcff', '#a98cec', '#6a4bb0'], positive: ['#a85a0c', '#ee9f3c', '#ffe6bd'] },
  brownTeal: { negative: ['#f3e2bd', '#cf9f4b', '#875a1c'], positive: ['#12726a', '#3fbdb0', '#cbf3ee'] },
};

/** Zero in a dark theme: slightly lighter than the usual editor background, so that a zero matrix is still visible. */
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
  if (name === 'viridis') return viridis;
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

/** Hues that no scheme uses, so that NaN and infinities cannot be mistaken for values. */
export function specialColors(theme: ThemeKind): SpecialColors {
  const light = theme === 'light' || theme === 'highContrastLight';
  return light
    ? { nan: '#ff00e6', positiveInfinity: '#00e02d', negativeInfinity: '#00ffff' }
    : { nan: '#ff2bf1', positiveInfinity: '#2bff3a', negativeInfinity: '#00ffff' };
}
