/** The elements a heatmap is drawn on: how they lie, how large they are in device pixels, and what they are called. */

import type { Margins } from './types';
import type { PlotSize } from './viewport';

export class Surface {
  readonly element: HTMLElement;
  /** The part inside the axes; gestures are relative to it. */
  readonly plotElement: HTMLElement;
  private readonly overlay = document.createElement('canvas');
  private readonly failure = document.createElement('div');
  private margins: Margins = { top: 0, right: 0, bottom: 0, left: 0 };
  private box: PlotSize = { width: 0, height: 0 };

  constructor(
    container: HTMLElement,
    private readonly cells: HTMLCanvasElement,
    frame: SVGSVGElement,
  ) {
    this.element = document.createElement('div');
    this.element.className = 'heatmap';
    this.element.tabIndex = 0;
    this.element.setAttribute('role', 'application');
    this.element.setAttribute('aria-roledescription', 'heatmap');
    this.element.setAttribute('aria-keyshortcuts', 'ArrowUp ArrowDown ArrowLeft ArrowRight PageUp PageDown Home End + - 0');
    this.plotElement = document.createElement('div');
    this.plotElement.className = 'heatmap-plot';
    this.cells.className = 'heatmap-cells';
    this.overlay.className = 'heatmap-overlay';
    this.failure.className = 'heatmap-failure';
    this.failure.hidden = true;
    this.failure.setAttribute('role', 'status');
    this.plotElement.append(this.cells, this.overlay, this.failure);
    this.element.append(frame, this.plotElement);
    container.append(this.element);
  }

  get plot(): PlotSize {
    const { left, right, top, bottom } = this.margins;
    return { width: Math.max(0, this.box.width - left - right), height: Math.max(0, this.box.height - top - bottom) };
  }

  /** Device pixels to a CSS px. */
  get scale(): number {
    return window.devicePixelRatio || 1;
  }

  describe(label: string): void {
    this.element.setAttribute('aria-label', label);
  }

  showFailure(message: string | null): void {
    this.failure.hidden = message === null;
    this.failure.textContent = message ?? '';
  }

  setBusy(busy: boolean): void {
    this.element.classList.toggle('heatmap-busy', busy);
    this.element.setAttribute('aria-busy', String(busy));
  }

  layout(margins: Margins): void {
    this.margins = margins;
    this.box = { width: this.element.clientWidth, height: this.element.clientHeight };
    const { width, height } = this.plot;
    const { style } = this.plotElement;
    style.left = `${margins.left}px`;
    style.top = `${margins.top}px`;
    style.width = `${width}px`;
    style.height = `${height}px`;
  }

  drawOverlay(draw: (context: CanvasRenderingContext2D) => void): void {
    const { width, height } = this.plot;
    // Setting the size also clears, so it is done on every draw.
    this.overlay.width = Math.round(width * this.scale);
    this.overlay.height = Math.round(height * this.scale);
    const context = this.overlay.getContext('2d');
    if (!context) return;
    context.scale(this.scale, this.scale);
    draw(context);
  }

  /** A canvas of the whole element, scaled so that a unit is a CSS px. */
  blankPicture(background: string): { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D } {
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(this.box.width * this.scale));
    canvas.height = Math.max(1, Math.round(this.box.height * this.scale));
    const context = canvas.getContext('2d');
    if (!context) throw new Error('a 2D canvas could not be made for the picture');
    context.scale(this.scale, this.scale);
    context.fillStyle = background;
    context.fillRect(0, 0, this.box.width, this.box.height);
    return { canvas, context };
  }

  paintLayer(context: CanvasRenderingContext2D, layer: HTMLCanvasElement): void {
    if (layer.width === 0 || layer.height === 0) return;
    context.imageSmoothingEnabled = false;
    context.drawImage(layer, this.margins.left, this.margins.top, this.plot.width, this.plot.height);
  }

  /** Calls back when the box changes size or the window moves to a screen of another resolution. */
  onResize(listener: () => void): () => void {
    const observer = new ResizeObserver(listener);
    observer.observe(this.element);
    let media: MediaQueryList | null = null;
    const watchResolution = (): void => {
      media?.removeEventListener('change', resolutionChanged);
      media = window.matchMedia(`(resolution: ${this.scale}dppx)`);
      media.addEventListener('change', resolutionChanged);
    };
    const resolutionChanged = (): void => {
      watchResolution();
      listener();
    };
    watchResolution();
    return () => {
      observer.disconnect();
      media?.removeEventListener('change', resolutionChanged);
    };
  }

  dispose(): void {
    this.element.remove();
  }
}
