/** The elements that a heatmap is drawn on: their layout, their size in device pixels, and their accessible names. */

import type { Margins, Viewport } from './types';
import type { MatrixSize, PlotSize } from './viewport';

export class Surface {
  readonly element: HTMLElement;
  /** The part inside the axes. Gestures are relative to it. */
  readonly plotElement: HTMLElement;
  private readonly overlay = document.createElement('canvas');
  private readonly failure = document.createElement('div');
  private readonly across = document.createElement('div');
  private readonly down = document.createElement('div');
  private box: PlotSize = { width: 0, height: 0 };
  private place = { left: 0, top: 0 };
  private inner: PlotSize = { width: 0, height: 0 };

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
    this.element.setAttribute(
      'aria-keyshortcuts',
      'ArrowUp ArrowDown ArrowLeft ArrowRight PageUp PageDown Home End + - 0 G N M',
    );
    this.plotElement = document.createElement('div');
    this.plotElement.className = 'heatmap-plot';
    this.cells.className = 'heatmap-cells';
    this.overlay.className = 'heatmap-overlay';
    this.failure.className = 'heatmap-failure';
    this.failure.hidden = true;
    this.failure.setAttribute('role', 'status');
    this.across.className = 'heatmap-position heatmap-position-across';
    this.down.className = 'heatmap-position heatmap-position-down';
    this.plotElement.append(this.cells, this.overlay, this.across, this.down, this.failure);
    this.element.append(frame, this.plotElement);
    container.append(this.element);
  }

  /** Size of the part inside the margins. */
  get plot(): PlotSize {
    return this.inner;
  }

  /** Device pixels per CSS px. */
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

  /** Shows the position of the view in the matrix as scroll bars do. An axis that is wholly in view has no bar. */
  showPosition({ x0, x1, y0, y1 }: Viewport, { rows, columns }: MatrixSize): void {
    const across = thumb(x0, x1, columns, this.inner.width);
    this.across.hidden = across === null;
    if (across)
      Object.assign(this.across.style, { width: `${across.length}px`, transform: `translateX(${across.at}px)` });
    const down = thumb(y0, y1, rows, this.inner.height);
    this.down.hidden = down === null;
    if (down) Object.assign(this.down.style, { height: `${down.length}px`, transform: `translateY(${down.at}px)` });
  }

  setBusy(busy: boolean): void {
    this.element.classList.toggle('heatmap-busy', busy);
    this.element.setAttribute('aria-busy', String(busy));
  }

  /**
   * Lays the elements out before a draw. The plot starts and ends on whole device pixels, since cells would blur
   * between them.
   */
  layout(margins: Margins): void {
    const { element, scale } = this;
    this.box = { width: element.clientWidth, height: element.clientHeight };
    const corner = element.getBoundingClientRect();
    const snap = (length: number, origin: number): number => Math.round((origin + length) * scale) / scale - origin;
    const left = snap(margins.left, corner.left);
    const top = snap(margins.top, corner.top);
    this.place = { left, top };
    this.inner = {
      width: Math.max(0, snap(this.box.width - margins.right, corner.left) - left),
      height: Math.max(0, snap(this.box.height - margins.bottom, corner.top) - top),
    };
    const { style } = this.plotElement;
    style.left = `${left}px`;
    style.top = `${top}px`;
    style.width = `${this.inner.width}px`;
    style.height = `${this.inner.height}px`;
  }

  /** `null` hides the overlay, which costs as much as the cells while the matrix moves. */
  drawOverlay(draw: ((context: CanvasRenderingContext2D) => void) | null): void {
    const { overlay, scale } = this;
    overlay.hidden = draw === null;
    if (!draw) return;
    const width = Math.round(this.plot.width * scale);
    const height = Math.round(this.plot.height * scale);
    const context = overlay.getContext('2d');
    if (!context) return;
    // Setting the size clears the canvas and allocates it anew, even if the size is unchanged.
    if (overlay.width !== width || overlay.height !== height) {
      overlay.width = width;
      overlay.height = height;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.scale(scale, scale);
    draw(context);
  }

  /** A canvas the size of the element. A unit of its context is a CSS px. */
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
    context.drawImage(layer, this.place.left, this.place.top, this.plot.width, this.plot.height);
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

/** Length in px below which a thumb would not be seen. */
const SHORTEST_THUMB = 16;

/** The thumb of a scroll bar over `pixels` that shows start .. end of `entries`; `null` if that is everything. */
function thumb(start: number, end: number, entries: number, pixels: number): { at: number; length: number } | null {
  const hidden = entries - (end - start);
  if (hidden < 1e-6) return null;
  const length = Math.min(pixels, Math.max(SHORTEST_THUMB, ((end - start) / entries) * pixels));
  return { at: (start / hidden) * (pixels - length), length };
}
