/** The key to the colours: the scheme with an axis, and swatches for NaN and infinities if there are any. */

import './colorBar.css';
import { select } from 'd3';
import { createColorMap, LUT_SIZE } from './colorMap';
import type { ColorMap } from './colorMap';
import { colorTicks } from './colorTicks';
import { formatNumber } from './formatNumber';
import type { ColorSettings, NonNumbers } from './heatmap/types';
import { paintSvg } from './paintSvg';
import { schemeLabel } from './schemes';
import { textMeasure } from './textMeasure';
import { onThemeChange, readPalette, themeKind } from './theme';

const STRIP_HEIGHT = 10;
const HEIGHT = 32;
const SWATCH = 10;
const SWATCH_TEXT_GAP = 4;
const SWATCHES_GAP = 12;
/** Width in px below which the numbers would not fit beside the swatches. */
const NARROWEST_STRIP = 60;

export class ColorBar {
  readonly element = document.createElement('div');
  private readonly strip = document.createElement('canvas');
  private readonly svg = select(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
  private readonly measure: (text: string) => number;
  private readonly cleanups: (() => void)[] = [];
  private color: ColorSettings | null = null;
  private nonNumbers: NonNumbers = { nan: false, positiveInfinity: false, negativeInfinity: false };

  constructor(container: HTMLElement) {
    this.element.className = 'color-bar';
    this.element.setAttribute('role', 'img');
    this.svg.attr('class', 'color-bar-frame').attr('height', HEIGHT);
    this.element.append(this.strip, this.svg.node() as SVGSVGElement);
    container.append(this.element);
    this.measure = textMeasure(() => `11px ${readPalette(this.element).font}`);
    const observer = new ResizeObserver(() => this.draw());
    observer.observe(this.element);
    this.cleanups.push(
      () => observer.disconnect(),
      onThemeChange(() => this.draw()),
    );
  }

  setColor(color: ColorSettings): void {
    this.color = color;
    this.draw();
  }

  /** Selects the swatches to show. The `nonNumbers` event of a heatmap has what it found. */
  setNonNumbers(present: NonNumbers): void {
    this.nonNumbers = present;
    this.draw();
  }

  /** The bar as it looks, at the resolution of the screen, on a transparent background. */
  toCanvas(): HTMLCanvasElement {
    const scale = window.devicePixelRatio || 1;
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(this.element.clientWidth * scale));
    canvas.height = Math.round(HEIGHT * scale);
    const context = canvas.getContext('2d');
    if (!context || this.strip.width === 0) return canvas;
    context.scale(scale, scale);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.strip, 1, 1, this.strip.clientWidth, STRIP_HEIGHT);
    paintSvg(context, this.svg.node() as SVGSVGElement);
    return canvas;
  }

  dispose(): void {
    for (const cleanup of this.cleanups) cleanup();
    this.element.remove();
  }

  private draw(): void {
    const { color } = this;
    const room = this.element.clientWidth;
    if (!color || room < NARROWEST_STRIP) return;
    const map = createColorMap(color, themeKind());
    const swatches = this.swatches(map);
    const swatchesWidth = swatches.reduce((sum, swatch) => sum + SWATCHES_GAP + this.swatchWidth(swatch), 0);
    const width = Math.max(NARROWEST_STRIP, room - 2 - swatchesWidth);
    this.drawStrip(map, width);
    this.svg.attr('width', room);
    this.drawAxis(map.settings, width);
    this.drawSwatches(swatches, 2 + width + SWATCHES_GAP);
    const end = formatNumber(map.settings.limit);
    const scale = color.scale === 'linear' ? 'linear' : 'symmetric log';
    this.element.setAttribute('aria-label', `Colours: ${schemeLabel(color.scheme)}, up to ${end}, ${scale} scale`);
  }

  private drawStrip(map: ColorMap, width: number): void {
    const { strip } = this;
    const scale = window.devicePixelRatio || 1;
    strip.width = Math.round(width * scale);
    strip.height = 1;
    strip.style.width = `${width}px`;
    strip.style.height = `${STRIP_HEIGHT}px`;
    const image = new ImageData(strip.width, 1);
    const pixels = new Uint32Array(image.data.buffer);
    for (let x = 0; x < pixels.length; x++) {
      pixels[x] = map.lut[Math.round((x / Math.max(1, pixels.length - 1)) * (LUT_SIZE - 1))] ?? 0;
    }
    strip.getContext('2d')?.putImageData(image, 0, 0);
  }

  private drawAxis(settings: ColorSettings, width: number): void {
    const ticks = colorTicks(settings, width, this.measure);
    const items = this.svg
      .selectAll<SVGGElement, (typeof ticks)[number]>('g.tick')
      .data(ticks)
      .join((enter) => {
        const item = enter.append('g').attr('class', 'tick');
        item.append('line').attr('y2', 4);
        item.append('text').attr('y', 15);
        return item;
      });
    items.attr('transform', ({ position }) => `translate(${1 + position * width},${STRIP_HEIGHT + 2})`);
    const anchor = (position: number): string => (position === 0 ? 'start' : position === 1 ? 'end' : 'middle');
    items
      .select('text')
      .attr('text-anchor', ({ position }) => anchor(position))
      .text(({ label }) => label);
  }

  private drawSwatches(swatches: readonly Swatch[], left: number): void {
    let x = left;
    const placed = swatches.map((swatch) => {
      const at = { ...swatch, x };
      x += this.swatchWidth(swatch) + SWATCHES_GAP;
      return at;
    });
    const items = this.svg
      .selectAll<SVGGElement, (typeof placed)[number]>('g.swatch')
      .data(placed)
      .join((enter) => {
        const item = enter.append('g').attr('class', 'swatch');
        item.append('rect').attr('width', SWATCH).attr('height', SWATCH).attr('y', 1);
        item
          .append('text')
          .attr('x', SWATCH + SWATCH_TEXT_GAP)
          .attr('y', 10);
        return item;
      });
    items.attr('transform', (swatch) => `translate(${swatch.x},0)`);
    items.select('rect').attr('fill', ({ color }) => color);
    items.select('text').text(({ label }) => label);
  }

  private swatchWidth({ label }: Swatch): number {
    return SWATCH + SWATCH_TEXT_GAP + Math.ceil(this.measure(label));
  }

  private swatches({ special }: ColorMap): Swatch[] {
    const { nan, positiveInfinity, negativeInfinity } = this.nonNumbers;
    return [
      ...(nan ? [{ label: 'NaN', color: special.nan }] : []),
      ...(positiveInfinity ? [{ label: '+Inf', color: special.positiveInfinity }] : []),
      ...(negativeInfinity ? [{ label: '-Inf', color: special.negativeInfinity }] : []),
    ];
  }
}

interface Swatch {
  readonly label: string;
  readonly color: string;
}
