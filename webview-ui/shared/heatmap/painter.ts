/** Puts a heatmap on its surface: the cells, the marks over them, the axes around them. */

import type { ColorMap } from '../colorMap';
import { paintSvg } from '../paintSvg';
import type { Palette } from '../theme';
import type { Frame } from './frame';
import { drawMarks, hasMarks } from './marks';
import type { MarksState } from './marks';
import type { Renderer } from './renderer';
import type { Surface } from './surface';
import type { TileView } from './tileView';
import type { CellPosition, HeatmapOptions, LitLines, Margins, Viewport } from './types';
import type { MatrixSize } from './viewport';

export interface Appearance {
  readonly options: HeatmapOptions;
  readonly size: MatrixSize;
  /** What is on the screen in this frame. */
  readonly viewport: Viewport;
  readonly margins: Margins;
  readonly palette: Palette;
  readonly colorMap: ColorMap;
  readonly lit: LitLines | null;
  readonly hover: CellPosition | null;
  readonly cursor: CellPosition | null;
  readonly focused: boolean;
}

export class Painter {
  constructor(
    private readonly surface: Surface,
    private readonly frame: Frame,
    private readonly renderer: Renderer,
    private readonly tiles: TileView,
  ) {}

  /** Draws everything on a surface that is laid out. */
  draw(look: Appearance): void {
    const { surface, tiles } = this;
    const { plot, scale } = surface;
    const { viewport, size, colorMap } = look;
    const placed = tiles.placed(viewport, plot, scale);
    this.renderer.resize(Math.round(plot.width * scale), Math.round(plot.height * scale));
    this.renderer.draw({ viewport, ...size, tiles: placed, colorMap });
    const marks = this.marksOf(look);
    surface.drawOverlay(tiles.hasSource && hasMarks(marks) ? (context) => drawMarks(context, marks) : null);
    this.drawFrame(look, look.hover ?? (look.focused ? look.cursor : null));
    surface.setBusy(tiles.busy);
    surface.showPosition(viewport, size);
  }

  /** The picture as last drawn, with its axes and without crosshair and cursor, at the resolution of the screen. */
  toCanvas(look: Appearance): HTMLCanvasElement {
    const { canvas, context } = this.surface.blankPicture(look.palette.background);
    this.surface.paintLayer(context, this.renderer.canvas);
    context.save();
    context.translate(look.margins.left, look.margins.top);
    const { width, height } = this.surface.plot;
    context.beginPath();
    context.rect(0, 0, width, height);
    context.clip();
    drawMarks(context, { ...this.marksOf(look), hover: null, cursor: null });
    context.restore();
    this.drawFrame(look, null);
    paintSvg(context, this.frame.element);
    return canvas;
  }

  private drawFrame({ options, size, viewport, margins }: Appearance, marked: CellPosition | null): void {
    const known = this.tiles.hasSource ? size : null;
    this.frame.draw({ options, size: known, viewport, margins, marked, plot: this.surface.plot });
  }

  private marksOf(look: Appearance): MarksState {
    return { ...look, plot: this.surface.plot, valueAt: (cell) => this.tiles.valueAt(cell) };
  }
}
