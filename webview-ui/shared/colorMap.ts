/** Maps a value to a colour: the scale, the lookup table, and the colours of NaN and infinities. No DOM. */

import { rgb } from 'd3';
import type { ColorSettings } from './heatmap/types';
import { isDiverging, schemeInterpolator, specialColors } from './schemes';
import type { SpecialColors } from './schemes';
import type { ThemeKind } from './theme';

/** Odd, so that a diverging scheme has an entry for exactly 0. */
export const LUT_SIZE = 511;

const MIDDLE = (LUT_SIZE - 1) / 2;

/**
 * A symmetric log scale is linear about 0 up to this share of the limit and logarithmic beyond. That leaves two decades
 * of magnitude, about what separates the largest weight of a layer from its typical one.
 */
export const SYMLOG_CONSTANT_SHARE = 0.01;

/** Replaces a limit of 0 (an all-zero matrix), which would divide by zero. */
export const SMALLEST_LIMIT = 1e-45;

export interface ColorMap {
  readonly settings: ColorSettings;
  /** Maps with the same key have the same colours. Renderers cache coloured tiles by it. */
  readonly key: string;
  /** (LUT_SIZE), each entry as ImageData holds a pixel on a little-endian machine: 0xAABBGGRR. */
  readonly lut: Uint32Array;
  readonly nan: number;
  readonly positiveInfinity: number;
  readonly negativeInfinity: number;
  readonly special: SpecialColors;
}

/** The magnitude as a share of the limit, on the chosen scale; clamped to 1. */
function magnitudeShare(magnitude: number, { limit, scale }: ColorSettings): number {
  const bound = Math.max(limit, SMALLEST_LIMIT);
  const share = Math.min(1, magnitude / bound);
  return scale === 'linear' ? share : Math.log1p(share / SYMLOG_CONSTANT_SHARE) / Math.log1p(1 / SYMLOG_CONSTANT_SHARE);
}

/** Position along the scheme, 0 to 1. A diverging scheme has 0 at 0.5; a sequential one has negative values at 0. */
export function colorPosition(value: number, settings: ColorSettings): number {
  if (!isDiverging(settings.scheme)) return value <= 0 ? 0 : magnitudeShare(value, settings);
  const share = magnitudeShare(Math.abs(value), settings) / 2;
  return value < 0 ? 0.5 - share : 0.5 + share;
}

/** The value at a position of the scheme; the inverse of `colorPosition`. */
export function valueAtPosition(position: number, settings: ColorSettings): number {
  const diverging = isDiverging(settings.scheme);
  const share = diverging ? Math.abs(position - 0.5) * 2 : position;
  const linear =
    settings.scale === 'linear'
      ? share
      : SYMLOG_CONSTANT_SHARE * Math.expm1(share * Math.log1p(1 / SYMLOG_CONSTANT_SHARE));
  return (diverging && position < 0.5 ? -1 : 1) * linear * settings.limit;
}

export function colorDomain({ scheme, limit }: ColorSettings): [number, number] {
  return [isDiverging(scheme) ? -limit : 0, limit];
}

/** A limit that is negative or not finite counts as 0: a matrix of NaN has no largest magnitude. */
export function createColorMap(requested: ColorSettings, theme: ThemeKind): ColorMap {
  const settings = { ...requested, limit: Number.isFinite(requested.limit) ? Math.max(0, requested.limit) : 0 };
  const interpolate = schemeInterpolator(settings.scheme, theme);
  const lut = Uint32Array.from({ length: LUT_SIZE }, (_, i) => packColor(interpolate(i / (LUT_SIZE - 1))));
  const special = specialColors(theme);
  return {
    settings,
    key: `${settings.scheme}/${theme}/${settings.scale}/${settings.limit}`,
    lut,
    nan: packColor(special.nan),
    positiveInfinity: packColor(special.positiveInfinity),
    negativeInfinity: packColor(special.negativeInfinity),
    special,
  };
}

export function packColor(css: string): number {
  const { r, g, b } = rgb(css);
  return ((255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
}

/**
 * The index in the lookup table of a value that is not NaN. Every renderer has to agree on it to the last float. It
 * never falls as the value rises.
 */
export function colorIndex(value: number, settings: ColorSettings): number {
  if (settings.scale === 'linear' && isDiverging(settings.scheme)) {
    const shift = (value * MIDDLE) / Math.max(settings.limit, SMALLEST_LIMIT);
    return Math.round(MIDDLE + Math.min(MIDDLE, Math.max(-MIDDLE, shift)));
  }
  return Math.round(colorPosition(value, settings) * (LUT_SIZE - 1));
}

export function packedColorOf(value: number, map: ColorMap): number {
  if (Number.isNaN(value)) return map.nan;
  if (value === Infinity) return map.positiveInfinity;
  if (value === -Infinity) return map.negativeInfinity;
  return map.lut[colorIndex(value, map.settings)] ?? map.nan;
}

export function cssColorOf(value: number, map: ColorMap): string {
  const packed = packedColorOf(value, map);
  return `rgb(${packed & 255}, ${(packed >> 8) & 255}, ${(packed >> 16) & 255})`;
}

/** True if black text has more contrast than white text on the colour (WCAG relative luminance). */
export function isLightColor(packed: number): boolean {
  const linear = (channel: number): number => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const [red, green, blue] = [packed & 255, (packed >> 8) & 255, (packed >> 16) & 255].map(linear) as [
    number,
    number,
    number,
  ];
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  // Both contrasts are equal, (L + 0.05) / 0.05 = 1.05 / (L + 0.05), at L + 0.05 = sqrt(1.05 * 0.05).
  return luminance + 0.05 > Math.sqrt(1.05 * 0.05);
}

/** Colours a whole tile. Values and pixels are (height, width), row-major. */
export function colorValues(values: Float32Array, map: ColorMap): Uint32Array {
  const pixels = new Uint32Array(values.length);
  const { lut, settings } = map;
  const { limit } = settings;
  const fast = settings.scale === 'linear' && isDiverging(settings.scheme) && limit >= SMALLEST_LIMIT;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // This is `colorIndex` without a call per cell. NaN and infinities fail the comparison and take the slow path.
    if (fast && Math.abs(value) <= limit) pixels[i] = lut[Math.round(MIDDLE + (value * MIDDLE) / limit)] as number;
    else pixels[i] = packedColorOf(value, map);
  }
  return pixels;
}
