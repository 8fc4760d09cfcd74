/**
 * One matrix as a picture: cells as pixels on a canvas, axes around it, and a cursor for mouse and keyboard. It reads
 * tiles as they come into view and knows nothing of where they come from; it says what is pointed at and shows what it
 * is told, so that a layout can keep several in step.
 */

import './heatmap.css';
import type { Reduction } from '../../../src/protocol/matrix';
import { createGlRenderer } from '../../gl/glRenderer';
import { createColorMap } from '../colorMap';
import type { ColorMap } from '../colorMap';
import { Emitter } from '../emitter';
import { formatCount } from '../formatNumber';
import { paintSvg } from '../paintSvg';
import { onThemeChange, prefersReducedMotion, readPalette, themeKind } from '../theme';
import type { Palette } from '../theme';
import { Frame } from './frame';
import { moveCursor } from './keyboard';
import { resolveMargins } from './margins';
import { drawMarks, hasMarks } from './marks';
import type { MarksState } from './marks';
import type { Renderer } from './renderer';
import { Surface } from './surface';
import { TileView } from './tileView';
import type { CellPosition, ColorSettings, HeatmapEvents, HeatmapOptions, Margins, MatrixSource, Viewport } from './types';
import { blendViewports, cellAt, centreOnCell, clampViewport, fitViewport, sameViewport, scrollToCell, zoomViewport } from './viewport';
import type { MatrixSize, PlotSize } from './viewport';
import { attachZoom } from './zoom';

const DEFAULT_COLOR: ColorSettings = { scheme: 'redBlue', limit: 1, scale: 'linear', reduction: 'mean' };
/** What '+' and '-' zoom by. */
const KEY_ZOOM = 1.5;
/** Long enough to follow with the eye, short enough not to wait for. */
const GLIDE_MS = 140;
const EMPTY: MatrixSize = { rows: 1, columns: 1 };

export class Heatmap {
  readonly element: HTMLElement;
  private readonly surface: Surface;
  private readonly frame: Frame;
  private readonly renderer: Renderer;
  private readonly tiles: TileView;
  private readonly events = new Emitter<HeatmapEvents>();
  private readonly cleanups: (() => void)[] = [];
  private size: MatrixSize = EMPTY;
  /** Null while the whole matrix is shown, so that it stays whole when the box is resized. */
  private chosen: Viewport | null = null;
  private color = DEFAULT_COLOR;
  private colorMap: ColorMap;
  private palette: Palette;
  private lit: { rows?: readonly number[]; columns?: readonly number[] } | null = null;
  private hover: CellPosition | null = null;
  private cursor: CellPosition | null = null;
  private pendingFrame = 0;
  private glide = 0;

  constructor(
    container: HTMLElement,
    private options: HeatmapOptions,
  ) {
    this.renderer = createGlRenderer(() => this.invalidate());
    this.frame = new Frame(() => `11px ${this.palette.font}`);
    this.surface = new Surface(container, this.renderer.canvas, this.frame.element);
    this.element = this.surface.element;
    this.tiles = new TileView({
      changed: () => this.invalidate(),
      // It is drawn in the next frame, and on the screen before the one after.
      afterShown: (run) => requestAnimationFrame(() => requestAnimationFrame(run)),
      nonNumbers: (found) => this.events.emit('nonNumbers', found),
      sampled: (sampled) => this.events.emit('sampled', sampled),
      failed: (error) => {
        this.surface.showFailure(`Part of the matrix could not be read: ${error.message}`);
        this.events.emit('failure', error);
      },
    });
    this.palette = readPalette(this.element);
    this.colorMap = createColorMap(this.color, themeKind());
    this.listen();
    this.describe();
    this.invalidate();
  }

  get viewport(): Viewport {
    return this.chosen ?? fitViewport(this.size);
  }

  /** Those in force: given by the options, or as wide as the axes need. */
  get margins(): Margins {
    return resolveMargins(this.options, this.size);
  }

  /** The stored value, if the tile that holds it is at hand at full resolution; the exact text is the host's to tell. */
  valueAt(cell: CellPosition): number | undefined {
    return this.tiles.valueAt(cell);
  }

  /** A matrix of the same size takes the old one's place in the same view; the old is shown until the new one is read. */
  setMatrix(source: MatrixSource | null): void {
    const size = source ? { rows: source.rows, columns: source.columns } : EMPTY;
    const sameSize = size.rows === this.size.rows && size.columns === this.size.columns;
    if (!sameSize) {
      this.stopGlide();
      this.chosen = null;
      this.cursor = null;
      this.lit = null;
      this.setHover(null);
    }
    this.size = size;
    this.surface.showFailure(null);
    this.tiles.setSource(source, this.color.reduction, sameSize);
    // A heatmap outside the document is laid out with the page's next frame, and the worker need not wait for that.
    if (this.surface.plot.width < 1 && !this.chosen) this.tiles.askAhead();
    this.describe();
    this.invalidate();
  }

  setOptions(options: Partial<HeatmapOptions>): void {
    this.options = { ...this.options, ...options };
    this.describe();
    this.invalidate();
  }

  setColor(color: ColorSettings): void {
    this.color = color;
    this.colorMap = createColorMap(color, themeKind());
    this.tiles.setReduction(color.reduction satisfies Reduction);
    this.invalidate();
  }

  /** Null shows the whole matrix. */
  setViewport(viewport: Viewport | null): void {
    this.stopGlide();
    this.chosen = viewport && this.clamped(viewport);
    this.invalidate();
  }

  highlight(lines: { rows?: readonly number[]; columns?: readonly number[] } | null): void {
    this.lit = lines;
    this.invalidate();
  }

  /** Draws the cursor there; to bring it into view is left to the keyboard, since a layout may mirror another's. */
  setCursor(cell: CellPosition | null): void {
    this.cursor = cell;
    this.invalidate();
  }

  /** Takes the cursor to a cell, and the view there, near enough for the cell to be seen; the focus goes with it. */
  goTo(cell: CellPosition): void {
    this.stopGlide();
    this.setHover(null);
    this.element.focus({ preventScroll: true });
    this.cursor = cell;
    this.moveTo(centreOnCell(this.viewport, cell, this.size, this.surface.plot, this.zoomable));
    this.invalidate();
    this.events.emit('cursor', cell);
  }

  on<E extends keyof HeatmapEvents>(event: E, listener: (value: HeatmapEvents[E]) => void): () => void {
    return this.events.on(event, listener);
  }

  /** The picture with its axes, at the resolution of the screen, without crosshair and cursor. */
  toCanvas(): HTMLCanvasElement {
    this.draw();
    const { canvas, context } = this.surface.blankPicture(this.palette.background);
    this.surface.paintLayer(context, this.renderer.canvas);
    context.save();
    const { margins } = this;
    context.translate(margins.left, margins.top);
    const { width, height } = this.surface.plot;
    context.beginPath();
    context.rect(0, 0, width, height);
    context.clip();
    drawMarks(context, { ...this.marksState(), hover: null, cursor: null });
    context.restore();
    this.frame.draw(this.frameState(null));
    paintSvg(context, this.frame.element);
    this.invalidate();
    return canvas;
  }

  dispose(): void {
    this.stopGlide();
    cancelAnimationFrame(this.pendingFrame);
    for (const cleanup of this.cleanups) cleanup();
    this.tiles.dispose();
    this.renderer.dispose();
    this.events.clear();
    this.surface.dispose();
  }

  private listen(): void {
    const { element, plotElement } = this.surface;
    const on = <K extends keyof HTMLElementEventMap>(target: HTMLElement, type: K, run: (event: HTMLElementEventMap[K]) => void): void => {
      target.addEventListener(type, run);
      this.cleanups.push(() => target.removeEventListener(type, run));
    };
    on(plotElement, 'pointermove', (event) => this.setHover(this.cellUnder(event)));
    on(plotElement, 'pointerleave', () => this.setHover(null));
    on(plotElement, 'click', (event) => this.pick(this.cellUnder(event)));
    on(plotElement, 'dblclick', () => this.glideTo(fitViewport(this.size)));
    on(element, 'keydown', (event) => this.pressed(event));
    on(element, 'focus', () => this.invalidate());
    on(element, 'blur', () => this.invalidate());
    this.cleanups.push(
      attachZoom(plotElement, this.zoomTarget()),
      this.surface.onResize(() => {
        // A heatmap made outside the document has no colours before it enters it, which is its first change of size.
        this.palette = readPalette(this.element);
        this.invalidate();
      }),
      onThemeChange(() => {
        this.palette = readPalette(this.element);
        this.colorMap = createColorMap(this.color, themeKind());
        this.invalidate();
      }),
    );
  }

  private zoomTarget(): Parameters<typeof attachZoom>[1] {
    const viewport = (): Viewport => this.viewport;
    const size = (): MatrixSize => this.size;
    const plot = (): PlotSize => this.surface.plot;
    const zoomable = (): { x: boolean; y: boolean } => this.zoomable;
    return {
      get viewport() {
        return viewport();
      },
      get size() {
        return size();
      },
      get plot() {
        return plot();
      },
      get zoomable() {
        return zoomable();
      },
      get whole() {
        return sameViewport(viewport(), fitViewport(size()));
      },
      moveTo: (target) => {
        this.stopGlide();
        this.moveTo(target);
      },
    };
  }

  private get zoomable(): { x: boolean; y: boolean } {
    return { x: this.options.zoom?.x ?? true, y: this.options.zoom?.y ?? true };
  }

  private clamped(viewport: Viewport): Viewport {
    return clampViewport(viewport, this.size, this.surface.plot);
  }

  /** For moves the user makes, which the layout is told of. */
  private moveTo(viewport: Viewport): void {
    const target = this.clamped(viewport);
    const whole = sameViewport(target, fitViewport(this.size));
    if (sameViewport(target, this.viewport)) return;
    this.chosen = whole ? null : target;
    this.invalidate();
    this.events.emit('viewport', this.viewport);
  }

  private glideTo(viewport: Viewport): void {
    this.stopGlide();
    if (prefersReducedMotion()) return this.moveTo(viewport);
    const from = this.viewport;
    const begin = performance.now();
    const step = (now: number): void => {
      const share = Math.min(1, Math.max(0, (now - begin) / GLIDE_MS));
      this.glide = share < 1 ? requestAnimationFrame(step) : 0;
      this.moveTo(blendViewports(from, viewport, 1 - (1 - share) ** 3));
    };
    this.glide = requestAnimationFrame(step);
  }

  private stopGlide(): void {
    cancelAnimationFrame(this.glide);
    this.glide = 0;
  }

  private cellUnder(event: MouseEvent): CellPosition | null {
    const { left, top } = this.surface.plotElement.getBoundingClientRect();
    if (!this.tiles.hasSource) return null;
    return cellAt(this.viewport, this.surface.plot, event.clientX - left, event.clientY - top, this.size);
  }

  private setHover(cell: CellPosition | null): void {
    if (cell?.row === this.hover?.row && cell?.column === this.hover?.column) return;
    this.hover = cell;
    this.invalidate();
    this.events.emit('hover', cell);
  }

  private pick(cell: CellPosition | null): void {
    if (!cell) return;
    this.element.focus({ preventScroll: true });
    this.moveCursorTo(cell);
  }

  private moveCursorTo(cell: CellPosition): void {
    this.cursor = cell;
    this.moveTo(scrollToCell(this.viewport, cell, this.size));
    this.invalidate();
    this.events.emit('cursor', cell);
  }

  private pressed(event: KeyboardEvent): void {
    if (event.altKey || !this.tiles.hasSource) return;
    if (this.zoomedBy(event) || this.cursorMovedBy(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private zoomedBy(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || !['+', '=', '-', '_', '0'].includes(event.key)) return false;
    if (event.key === '0') {
      this.glideTo(fitViewport(this.size));
      return true;
    }
    const { viewport, cursor } = this;
    const factor = event.key === '+' || event.key === '=' ? KEY_ZOOM : 1 / KEY_ZOOM;
    const { x: alongX, y: alongY } = this.zoomable;
    const middle = { x: (viewport.x0 + viewport.x1) / 2, y: (viewport.y0 + viewport.y1) / 2 };
    const anchor = cursor ? { x: cursor.column + 0.5, y: cursor.row + 0.5 } : middle;
    const factors = { x: alongX ? factor : 1, y: alongY ? factor : 1 };
    const zoomed = zoomViewport(viewport, factors, anchor, this.size, this.surface.plot);
    // Its middle stays where it was, which at an edge of the picture would leave half of the cell outside.
    this.glideTo(cursor ? scrollToCell(zoomed, cursor, this.size) : zoomed);
    return true;
  }

  private cursorMovedBy(event: KeyboardEvent): boolean {
    const { viewport } = this;
    const page = { rows: viewport.y1 - viewport.y0, columns: viewport.x1 - viewport.x0 };
    const press = { key: event.key, shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey };
    // The first key press shows the cursor where the view begins, rather than moving one that was never seen.
    const first = { row: Math.ceil(viewport.y0 - 0.5), column: Math.ceil(viewport.x0 - 0.5) };
    const next = moveCursor(this.cursor ?? first, press, this.size, page);
    if (!next) return false;
    this.stopGlide();
    this.moveCursorTo(this.cursor || press.ctrl ? next : first);
    return true;
  }

  private describe(): void {
    const { rows, columns } = this.size;
    const size = this.tiles.hasSource ? `${formatCount(rows)} rows, ${formatCount(columns)} columns` : 'no matrix';
    this.surface.describe(`${this.options.label}; ${size}`);
  }

  private invalidate(): void {
    this.pendingFrame ||= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.pendingFrame);
    this.pendingFrame = 0;
    this.surface.layout(this.margins);
    const { plot, scale } = this.surface;
    if (plot.width < 1 || plot.height < 1) return;
    if (this.chosen) this.chosen = this.clamped(this.chosen);
    const { viewport, size, colorMap } = this;
    const tiles = this.tiles.placed(viewport, plot, scale);
    this.renderer.resize(Math.round(plot.width * scale), Math.round(plot.height * scale));
    this.renderer.draw({ viewport, ...size, tiles, colorMap });
    const marks = this.marksState();
    this.surface.drawOverlay(this.tiles.hasSource && hasMarks(marks) ? (context) => drawMarks(context, marks) : null);
    this.frame.draw(this.frameState(this.hover ?? (this.isFocused ? this.cursor : null)));
    this.surface.setBusy(this.tiles.busy);
    this.surface.showPosition(viewport, size);
  }

  private get isFocused(): boolean {
    return document.activeElement === this.element;
  }

  private frameState(marked: CellPosition | null): Parameters<Frame['draw']>[0] {
    const { options, viewport, margins } = this;
    const size = this.tiles.hasSource ? this.size : null;
    return { options, size, viewport, margins, marked, plot: this.surface.plot };
  }

  private marksState(): MarksState {
    const { options, size, viewport, palette, colorMap, lit, hover, cursor } = this;
    const valueAt = (cell: CellPosition): number | undefined => this.tiles.valueAt(cell);
    return { options, size, viewport, palette, colorMap, lit, hover, cursor, valueAt, plot: this.surface.plot, focused: this.isFocused };
  }
}
