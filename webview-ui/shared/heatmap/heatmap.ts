/**
 * One matrix as a picture: cells as pixels on a canvas, axes around it, and a cursor for mouse and keyboard. It reads
 * tiles as they come into view, from a source it is given. It emits events about what the user points at and shows what
 * others set, so that a layout can keep several heatmaps in step.
 */

import './heatmap.css';
import { createGlRenderer } from '../../gl/glRenderer';
import { afterNextFrame, BROWSER_FRAMES } from '../browserFrames';
import { createColorMap } from '../colorMap';
import type { ColorMap } from '../colorMap';
import { Emitter } from '../emitter';
import { formatCount } from '../formatNumber';
import { Redraw } from '../redraw';
import { onThemeChange, readPalette, themeKind } from '../theme';
import type { Palette } from '../theme';
import { Camera } from './camera';
import { Frame } from './frame';
import { resolveMargins } from './margins';
import { Painter } from './painter';
import type { Appearance } from './painter';
import { Pointing } from './pointing';
import type { Renderer } from './renderer';
import { Surface } from './surface';
import { TileView } from './tileView';
import type {
  CellPosition,
  ColorSettings,
  HeatmapEvents,
  HeatmapOptions,
  LitLines,
  Margins,
  MatrixSource,
  Viewport,
  ViewMove,
} from './types';
import { sameViewport } from './viewport';
import type { MatrixSize } from './viewport';
import { attachZoom } from './zoom';

const DEFAULT_COLOR: ColorSettings = { scheme: 'redBlue', limit: 1, scale: 'linear', reduction: 'mean' };
const EMPTY: MatrixSize = { rows: 1, columns: 1 };

export class Heatmap {
  readonly element: HTMLElement;
  private readonly events = new Emitter<HeatmapEvents>();
  private readonly redraw = new Redraw(() => this.draw(), BROWSER_FRAMES);
  private readonly camera: Camera;
  private readonly surface: Surface;
  private readonly renderer: Renderer;
  private readonly tiles: TileView;
  private readonly painter: Painter;
  private readonly pointing: Pointing;
  private readonly cleanups: (() => void)[] = [];
  private color = DEFAULT_COLOR;
  private colorMap: ColorMap;
  private palette: Palette;
  private lit: LitLines | null = null;
  private drawn: (ViewMove & { readonly place: string }) | null = null;

  constructor(
    container: HTMLElement,
    private options: HeatmapOptions,
  ) {
    const changed = (): void => this.redraw.request();
    this.renderer = createGlRenderer(changed);
    this.camera = new Camera({ changed, moved: (move) => this.events.emit('viewport', move) }, BROWSER_FRAMES);
    this.setZoomable();
    const frame = new Frame(() => `11px ${this.palette.font}`);
    this.surface = new Surface(container, this.renderer.canvas, frame.element);
    this.element = this.surface.element;
    this.tiles = this.createTiles();
    this.painter = new Painter(this.surface, frame, this.renderer, this.tiles);
    this.pointing = new Pointing(this.surface, this.camera, () => this.tiles.hasSource, {
      changed,
      hovered: (cell) => this.events.emit('hover', cell),
      cursorMoved: (cell) => this.events.emit('cursor', cell),
    });
    this.palette = readPalette(this.element);
    this.colorMap = createColorMap(this.color, themeKind());
    this.cleanups.push(
      attachZoom(this.surface.plotElement, this.camera),
      this.surface.onResize(() => this.resized()),
      onThemeChange(() => this.themeChanged()),
    );
    this.describe();
    this.redraw.request();
  }

  /** What is on the screen in this frame. */
  get viewport(): Viewport {
    return this.camera.viewport;
  }

  /** What is on the screen once the view has come to rest: the view to keep, and to start a step from. */
  get target(): Viewport {
    return this.camera.target;
  }

  /** The margins in force: those of the options, or as wide as the axes need. */
  get margins(): Margins {
    return resolveMargins(this.options, this.camera.size);
  }

  /** The stored value, if the tile that holds it is loaded at full resolution. Only the host has the exact text. */
  valueAt(cell: CellPosition): number | undefined {
    return this.tiles.valueAt(cell);
  }

  /**
   * Shows another matrix. One of the same size keeps the view, and the old one stays visible until the new one is read.
   */
  setMatrix(source: MatrixSource | null): void {
    const size = source ? { rows: source.rows, columns: source.columns } : EMPTY;
    const resized = this.camera.setSize(size);
    if (resized) {
      this.lit = null;
      this.pointing.forget();
    }
    this.surface.showFailure(null);
    this.tiles.setSource(source, this.color.reduction, !resized);
    // A heatmap outside the document is laid out with the page's next frame. The worker need not wait for that.
    if (this.surface.plot.width < 1 && this.camera.whole) this.tiles.askAhead();
    this.describe();
    this.redraw.request();
  }

  setOptions(options: Partial<HeatmapOptions>): void {
    this.options = { ...this.options, ...options };
    this.setZoomable();
    this.describe();
    this.redraw.request();
  }

  setColor(color: ColorSettings): void {
    this.color = color;
    this.colorMap = createColorMap(color, themeKind());
    this.tiles.setReduction(color.reduction);
    this.redraw.request();
  }

  /** `null` shows the whole matrix. */
  setViewport(viewport: Viewport | null): void {
    this.camera.set(viewport);
  }

  /** Shows the same frame of a move as another heatmap. */
  follow(move: ViewMove): void {
    this.camera.follow(move);
  }

  highlight(lines: LitLines | null): void {
    this.lit = lines;
    this.redraw.request();
  }

  /** Draws the cursor on a cell. The view stays where it is: a layout may mirror the cursor of another heatmap. */
  setCursor(cell: CellPosition | null): void {
    this.pointing.setCursor(cell);
  }

  /** Takes the focus and the cursor to a cell, and the view close enough for the cell to be seen. */
  goTo(cell: CellPosition): void {
    this.pointing.goTo(cell);
  }

  on<E extends keyof HeatmapEvents>(event: E, listener: (value: HeatmapEvents[E]) => void): () => void {
    return this.events.on(event, listener);
  }

  /** The picture with its axes, at the resolution of the screen, without crosshair and cursor. */
  toCanvas(): HTMLCanvasElement {
    this.redraw.now();
    const canvas = this.painter.toCanvas(this.appearance);
    // The picture drew the axes without their marks.
    this.redraw.request();
    return canvas;
  }

  dispose(): void {
    this.camera.dispose();
    this.redraw.cancel();
    for (const cleanup of this.cleanups) cleanup();
    this.pointing.dispose();
    this.tiles.dispose();
    this.renderer.dispose();
    this.events.clear();
    this.surface.dispose();
  }

  private createTiles(): TileView {
    return new TileView({
      changed: () => this.redraw.request(),
      afterShown: afterNextFrame,
      nonNumbers: (found) => this.events.emit('nonNumbers', found),
      sampled: (sampled) => this.events.emit('sampled', sampled),
      failed: (error) => {
        this.surface.showFailure(`Part of the matrix could not be read: ${error.message}`);
        this.events.emit('failure', error);
      },
    });
  }

  private setZoomable(): void {
    this.camera.zoomable = { x: this.options.zoom?.x ?? true, y: this.options.zoom?.y ?? true };
  }

  /**
   * A heatmap outside the document has no colours. It changes size when it enters the document, and reads them then.
   */
  private resized(): void {
    this.palette = readPalette(this.element);
    this.redraw.request();
  }

  private themeChanged(): void {
    this.palette = readPalette(this.element);
    this.colorMap = createColorMap(this.color, themeKind());
    this.redraw.request();
  }

  private describe(): void {
    const { rows, columns } = this.camera.size;
    const size = this.tiles.hasSource ? `${formatCount(rows)} rows, ${formatCount(columns)} columns` : 'no matrix';
    this.surface.describe(`${this.options.label}; ${size}`);
  }

  private get appearance(): Appearance {
    const { options, viewport, margins, palette, colorMap, lit } = this;
    const { hover, cursor, focused } = this.pointing;
    const { size } = this.camera;
    return { options, size, viewport, margins, palette, colorMap, lit, hover, cursor, focused };
  }

  private draw(): void {
    this.surface.layout(this.margins);
    const { plot } = this.surface;
    if (plot.width < 1 || plot.height < 1) return;
    this.camera.setPlot(plot);
    this.pointing.viewMoved();
    this.painter.draw(this.appearance);
    this.emitDrawn();
  }

  private emitDrawn(): void {
    const { viewport: shown, target } = this.camera;
    const { left, top } = this.margins;
    const { width, height } = this.surface.plot;
    const place = [left, top, width, height].join();
    const { drawn } = this;
    if (drawn?.place === place && sameViewport(drawn.shown, shown) && sameViewport(drawn.target, target)) return;
    this.drawn = { shown, target, place };
    this.events.emit('drawn', { shown, target });
  }
}
