/** The window on the matrix: fitting, zooming, panning and bounds. No DOM. */

import type { CellPosition, Viewport, ViewMove } from './types';

export interface MatrixSize {
  readonly rows: number;
  readonly columns: number;
}

/** Size of the plot in CSS px. */
export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

/** A cell of this size has room for its value. More zoom shows nothing new. */
export const MAX_CELL_PIXELS = 120;

/** Viewports that differ by less, in entries, are the same: rounding after a zoom in and out again. */
const SAME_ENTRIES = 1e-6;

export function fitViewport({ rows, columns }: MatrixSize): Viewport {
  return { x0: 0, x1: columns, y0: 0, y1: rows };
}

export function sameViewport(a: Viewport, b: Viewport): boolean {
  return (['x0', 'x1', 'y0', 'y1'] as const).every((edge) => Math.abs(a[edge] - b[edge]) < SAME_ENTRIES);
}

/** The fewest of `entries` that an axis of `pixels` may show. */
export function minimumSpan(entries: number, pixels: number): number {
  return Math.min(entries, Math.max(1, pixels / MAX_CELL_PIXELS));
}

/** Moves and narrows [start, end] to fit [0, entries], but makes it no narrower than `minimum`. */
function clampRange(start: number, end: number, entries: number, minimum: number): [number, number] {
  const span = Math.min(entries, Math.max(minimum, end - start));
  const centred = (start + end - span) / 2;
  const from = Math.min(entries - span, Math.max(0, centred));
  return [from, from + span];
}

export function clampViewport(viewport: Viewport, size: MatrixSize, plot: PlotSize): Viewport {
  const [x0, x1] = clampRange(viewport.x0, viewport.x1, size.columns, minimumSpan(size.columns, plot.width));
  const [y0, y1] = clampRange(viewport.y0, viewport.y1, size.rows, minimumSpan(size.rows, plot.height));
  return { x0, x1, y0, y1 };
}

function zoomRange(
  range: readonly [number, number],
  factor: number,
  anchor: number,
  entries: number,
  minimum: number,
): [number, number] {
  const span = range[1] - range[0];
  const zoomed = Math.min(entries, Math.max(minimum, span / factor));
  const start = anchor - ((anchor - range[0]) * zoomed) / span;
  return clampRange(start, start + zoomed, entries, minimum);
}

/** Zooms by a factor in each direction. The point `anchor` (in entries) keeps its place as far as the edges allow. */
export function zoomViewport(
  viewport: Viewport,
  factor: { readonly x: number; readonly y: number },
  anchor: { readonly x: number; readonly y: number },
  size: MatrixSize,
  plot: PlotSize,
): Viewport {
  const columnsAtLeast = minimumSpan(size.columns, plot.width);
  const rowsAtLeast = minimumSpan(size.rows, plot.height);
  const [x0, x1] = zoomRange([viewport.x0, viewport.x1], factor.x, anchor.x, size.columns, columnsAtLeast);
  const [y0, y1] = zoomRange([viewport.y0, viewport.y1], factor.y, anchor.y, size.rows, rowsAtLeast);
  return { x0, x1, y0, y1 };
}

/** Moves by (x, y) entries and stops at the edges of the matrix. */
export function panViewport(
  viewport: Viewport,
  by: { readonly x: number; readonly y: number },
  size: MatrixSize,
): Viewport {
  const [x0, x1] = clampRange(viewport.x0 + by.x, viewport.x1 + by.x, size.columns, 0);
  const [y0, y1] = clampRange(viewport.y0 + by.y, viewport.y1 + by.y, size.rows, 0);
  return { x0, x1, y0, y1 };
}

/** The smallest move that brings the whole cell into view. */
export function scrollToCell(viewport: Viewport, { row, column }: CellPosition, size: MatrixSize): Viewport {
  const shift = (index: number, start: number, end: number): number => {
    if (index < start) return index - start;
    return index + 1 > end ? Math.min(index + 1 - end, index - start) : 0;
  };
  const by = { x: shift(column, viewport.x0, viewport.x1), y: shift(row, viewport.y0, viewport.y1) };
  return panViewport(viewport, by, size);
}

/** Side in px of a cell that is easy to see. */
const SEEN_CELL_PIXELS = 12;

/** Puts the cell at the centre, or as close as the edges allow. The axes that zoom make it large enough to be seen. */
export function centreOnCell(
  viewport: Viewport,
  { row, column }: CellPosition,
  size: MatrixSize,
  plot: PlotSize,
  zoomable: { readonly x: boolean; readonly y: boolean },
): Viewport {
  const about = (index: number, span: number, entries: number, pixels: number): [number, number] => {
    const shown = Math.min(span, Math.max(1, pixels / SEEN_CELL_PIXELS));
    return clampRange(index + 0.5 - shown / 2, index + 0.5 + shown / 2, entries, minimumSpan(entries, pixels));
  };
  const { x0, x1, y0, y1 } = viewport;
  const [left, right] = zoomable.x ? about(column, x1 - x0, size.columns, plot.width) : [x0, x1];
  const [top, bottom] = zoomable.y ? about(row, y1 - y0, size.rows, plot.height) : [y0, y1];
  return { x0: left, x1: right, y0: top, y1: bottom };
}

/** The cell at a point of the plot, or `null` outside the matrix. */
export function cellAt(
  viewport: Viewport,
  plot: PlotSize,
  x: number,
  y: number,
  size: MatrixSize,
): CellPosition | null {
  const column = Math.floor(viewport.x0 + (x / plot.width) * (viewport.x1 - viewport.x0));
  const row = Math.floor(viewport.y0 + (y / plot.height) * (viewport.y1 - viewport.y0));
  const inside = column >= 0 && column < size.columns && row >= 0 && row < size.rows;
  return inside && x >= 0 && y >= 0 && x < plot.width && y < plot.height ? { row, column } : null;
}

export function blendViewports(from: Viewport, to: Viewport, share: number): Viewport {
  const blend = (a: number, b: number): number => a + (b - a) * share;
  return { x0: blend(from.x0, to.x0), x1: blend(from.x1, to.x1), y0: blend(from.y0, to.y0), y1: blend(from.y1, to.y1) };
}

/** Maps a move to another view that shares some axes with this one. */
export function mapMove({ shown, target }: ViewMove, map: (viewport: Viewport) => Viewport): ViewMove {
  return { shown: map(shown), target: map(target) };
}
