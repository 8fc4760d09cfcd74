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
import { BROWSER_FRAMES } from '../browserFrames';
import { onThemeChange, readPalette, themeKind } from '../theme';
import type { Palette } from '../theme';
import { Camera } from './camera';
import { Frame } from './frame';
import { moveCursor } from './keyboard';
import { resolveMargins } from './margins';
import { drawMarks, hasMarks } from './marks';
import type { MarksState } from './marks';
import type { Renderer } from './renderer';
import { Surface } from './surface';
import { TileView } from './tileView';
import type {
  CellPosition,
  ColorSettings,
  HeatmapEvents,
  HeatmapOptions,
  Margins,
  MatrixSource,
  Viewport,
  ViewMove,
} from './types';
import { cellAt, sameViewport } from './viewport';
import type { MatrixSize } from './viewport';
import { attachZoom } from './zoom';

const DEFAULT_COLOR: ColorSettings = { scheme: 'redBlue', limit: 1, scale: 'linear', reduction: 'mean' };
/** What '+' and '-' zoom by. */
const KEY_ZOOM = 1.5;
const EMPTY: MatrixSize = { rows: 1, columns: 1 };

export class Heatmap {
  readonly element: HTMLElement;
  private readonly surface: Surface;
  private readonly frame: Frame;
  private readonly renderer: Renderer;
  private readonly tiles: TileView;
  private readonly events = new Emitter<HeatmapEvents>();
  private readonly cleanups: (() => void)[] = [];
  private readonly camera: Camera;
  private color = DEFAULT_COLOR;
  private colorMap: ColorMap;
  private palette: Palette;
  private lit: { rows?: readonly number[]; columns?: readonly number[] } | null = null;
  private hover: CellPosition | null = null;
  /** Where the pointer rests on the plot, in client px; `null` if it is elsewhere, or the keyboard was used since. */
  private pointer: { readonly x: number; readonly y: number } | null = null;
  private cursor: CellPosition | null = null;
  private pendingFrame = 0;
  private drawn: (ViewMove & { readonly place: string }) | null = null;

  constructor(
    container: HTMLElement,
    private options: HeatmapOptions,
  ) {
    this.renderer = createGlRenderer(() => this.invalidate());
    const moved = (move: ViewMove): void => this.events.emit('viewport', move);
    this.camera = new Camera({ changed: () => this.invalidate(), moved }, BROWSER_FRAMES);
    this.setZoomable();
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

  /** What is on the screen in this frame. */
  get viewport(): Viewport {
    return this.camera.viewport;
  }

  /** What is on the screen once the view has come to rest; the one to keep, and to start a step from. */
  get target(): Viewport {
    return this.camera.target;
  }

  /** Those in force: given by the options, or as wide as the axes need. */
  get margins(): Margins {
    return resolveMargins(this.options, this.camera.size);
  }

  /** The stored value, if the tile that holds it is at hand at full resolution; the exact text is the host's to tell. */
  valueAt(cell: CellPosition): number | undefined {
    return this.tiles.valueAt(cell);
  }

  /** A matrix of the same size takes the old one's place in the same view; the old is shown until the new one is read. */
  setMatrix(source: MatrixSource | null): void {
    const size = source ? { rows: source.rows, columns: source.columns } : EMPTY;
    const resized = this.camera.setSize(size);
    if (resized) {
      this.cursor = null;
      this.lit = null;
      this.setHover(null);
    }
    this.surface.showFailure(null);
    this.tiles.setSource(source, this.color.reduction, !resized);
    // A heatmap outside the document is laid out with the page's next frame, and the worker need not wait for that.
    if (this.surface.plot.width < 1 && this.camera.whole) this.tiles.askAhead();
    this.describe();
    this.invalidate();
  }

  setOptions(options: Partial<HeatmapOptions>): void {
    this.options = { ...this.options, ...options };
    this.setZoomable();
    this.describe();
    this.invalidate();
  }

  setColor(color: ColorSettings): void {
    this.color = color;
    this.colorMap = createColorMap(color, themeKind());
    this.tiles.setReduction(color.reduction satisfies Reduction);
    this.invalidate();
  }

  /** `null` shows the whole matrix. */
  setViewport(viewport: Viewport | null): void {
    this.camera.set(viewport);
  }

  /** Shows what another heatmap shows in this frame of its move. */
  follow(move: ViewMove): void {
    this.camera.follow(move);
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
    this.leavePointer();
    this.element.focus({ preventScroll: true });
    this.cursor = cell;
    this.camera.centreOn(cell);
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
    this.camera.dispose();
    cancelAnimationFrame(this.pendingFrame);
    for (const cleanup of this.cleanups) cleanup();
    this.tiles.dispose();
    this.renderer.dispose();
    this.events.clear();
    this.surface.dispose();
  }

  private listen(): void {
    const { element, plotElement } = this.surface;
    const on = <K extends keyof HTMLElementEventMap>(
      target: HTMLElement,
      type: K,
      run: (event: HTMLElementEventMap[K]) => void,
    ): void => {
      target.addEventListener(type, run);
      this.cleanups.push(() => target.removeEventListener(type, run));
    };
    on(plotElement, 'pointermove', ({ clientX: x, clientY: y }) => {
      this.pointer = { x, y };
      this.setHover(this.cellUnder(this.pointer));
    });
    on(plotElement, 'pointerleave', () => this.leavePointer());
    on(plotElement, 'click', ({ clientX: x, clientY: y }) => this.pick(this.cellUnder({ x, y })));
    on(plotElement, 'dblclick', () => this.camera.glideToWhole());
    on(element, 'keydown', (event) => this.pressed(event));
    on(element, 'focus', () => this.invalidate());
    on(element, 'blur', () => this.invalidate());
    this.cleanups.push(
      attachZoom(plotElement, this.camera),
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

  private setZoomable(): void {
    this.camera.zoomable = { x: this.options.zoom?.x ?? true, y: this.options.zoom?.y ?? true };
  }

  /** The cell at a point in client px, once the view has come to rest. */
  private cellUnder({ x, y }: { readonly x: number; readonly y: number }): CellPosition | null {
    if (!this.tiles.hasSource) return null;
    const { left, top } = this.surface.plotElement.getBoundingClientRect();
    return cellAt(this.target, this.surface.plot, x - left, y - top, this.camera.size);
  }

  /** The pointer left, or the keyboard took over: what lies under a resting pointer is no longer asked about. */
  private leavePointer(): void {
    this.pointer = null;
    this.setHover(null);
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
    this.camera.scrollTo(cell);
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
    if (event.key === '0') this.camera.glideToWhole();
    else this.camera.zoomBy(event.key === '+' || event.key === '=' ? KEY_ZOOM : 1 / KEY_ZOOM, this.cursor);
    return true;
  }

  private cursorMovedBy(event: KeyboardEvent): boolean {
    const { x0, x1, y0, y1 } = this.target;
    const page = { rows: y1 - y0, columns: x1 - x0 };
    const press = { key: event.key, shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey };
    // The first key press shows the cursor where the view begins, rather than moving one that was never seen.
    const first = { row: Math.ceil(y0 - 0.5), column: Math.ceil(x0 - 0.5) };
    const next = moveCursor(this.cursor ?? first, press, this.camera.size, page);
    if (!next) return false;
    this.leavePointer();
    this.moveCursorTo(this.cursor || press.ctrl ? next : first);
    return true;
  }

  private describe(): void {
    const { rows, columns } = this.camera.size;
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
    this.camera.setPlot(plot);
    if (this.pointer) this.setHover(this.cellUnder(this.pointer));
    const { viewport, colorMap } = this;
    const { size } = this.camera;
    const tiles = this.tiles.placed(viewport, plot, scale);
    this.renderer.resize(Math.round(plot.width * scale), Math.round(plot.height * scale));
    this.renderer.draw({ viewport, ...size, tiles, colorMap });
    const marks = this.marksState();
    this.surface.drawOverlay(this.tiles.hasSource && hasMarks(marks) ? (context) => drawMarks(context, marks) : null);
    this.frame.draw(this.frameState(this.hover ?? (this.isFocused ? this.cursor : null)));
    this.surface.setBusy(this.tiles.busy);
    this.surface.showPosition(viewport, size);
    this.tellDrawn();
  }

  private tellDrawn(): void {
    const { viewport: shown, target } = this.camera;
    const { left, top } = this.margins;
    const { width, height } = this.surface.plot;
    const place = [left, top, width, height].join();
    const { drawn } = this;
    if (drawn?.place === place && sameViewport(drawn.shown, shown) && sameViewport(drawn.target, target)) return;
    this.drawn = { shown, target, place };
    this.events.emit('drawn', { shown, target });
  }

  private get isFocused(): boolean {
    return document.activeElement === this.element;
  }

  private frameState(marked: CellPosition | null): Parameters<Frame['draw']>[0] {
    const { options, viewport, margins } = this;
    const size = this.tiles.hasSource ? this.camera.size : null;
    return { options, size, viewport, margins, marked, plot: this.surface.plot };
  }

  private marksState(): MarksState {
    const { options, viewport, palette, colorMap, lit, hover, cursor, isFocused: focused } = this;
    const { size } = this.camera;
    const { plot } = this.surface;
    const valueAt = (cell: CellPosition): number | undefined => this.tiles.valueAt(cell);
    return { options, size, viewport, palette, colorMap, lit, hover, cursor, valueAt, plot, focused };
  }
}
