/** Draws over the cells: grid, values, edges of brackets, lit lines, crosshair and cursor. */

import { isLightColor, packedColorOf } from '../colorMap';
import type { ColorMap } from '../colorMap';
import { formatNumber } from '../formatNumber';
import type { Palette } from '../theme';
import type { CellPosition, HeatmapOptions, LitLines, Viewport } from './types';
import type { MatrixSize, PlotSize } from './viewport';

/** Side in px from which lines separate the cells. */
const GRID_FROM = 12;
/** Size in px of a cell that holds a value of four digits with sign and point, at 11 px. */
const VALUE_WIDTH = 48;
const VALUE_HEIGHT = 18;
/** Thickness in px below which a row or column gets one crosshair line, through its centre. */
const THIN_CELL = 4;
/** Smallest side of the cursor's outline in px. */
const SMALLEST_CURSOR = 9;

export interface MarksState {
  readonly options: HeatmapOptions;
  readonly size: MatrixSize;
  readonly viewport: Viewport;
  readonly plot: PlotSize;
  readonly palette: Palette;
  readonly colorMap: ColorMap;
  readonly valueAt: (cell: CellPosition) => number | undefined;
  readonly lit: LitLines | null;
  /** Saved pictures omit it. */
  readonly hover: CellPosition | null;
  readonly cursor: CellPosition | null;
  readonly focused: boolean;
}

interface Geometry {
  readonly cellWidth: number;
  readonly cellHeight: number;
  x(column: number): number;
  y(row: number): number;
}

function geometryOf({ viewport, plot }: MarksState): Geometry {
  const cellWidth = plot.width / (viewport.x1 - viewport.x0);
  const cellHeight = plot.height / (viewport.y1 - viewport.y0);
  return {
    cellWidth,
    cellHeight,
    x: (column) => (column - viewport.x0) * cellWidth,
    y: (row) => (row - viewport.y0) * cellHeight,
  };
}

/** False if there is nothing to draw over the cells. */
export function hasMarks(state: MarksState): boolean {
  const { options, lit, hover, cursor } = state;
  const { cellWidth, cellHeight } = geometryOf(state);
  const bands = [...(options.rowBands ?? []), ...(options.columnBands ?? [])];
  return (
    hover !== null ||
    cursor !== null ||
    lit !== null ||
    bands.length > 0 ||
    Math.max(cellWidth, cellHeight) >= GRID_FROM
  );
}

/** A unit of the context is a CSS px. */
export function drawMarks(context: CanvasRenderingContext2D, state: MarksState): void {
  const geometry = geometryOf(state);
  drawGrid(context, state, geometry);
  drawValues(context, state, geometry);
  drawBoundaries(context, state, geometry);
  if (state.lit) {
    for (const row of state.lit.rows ?? []) drawLitLine(context, state, geometry.y(row), geometry.cellHeight, 'row');
    for (const column of state.lit.columns ?? [])
      drawLitLine(context, state, geometry.x(column), geometry.cellWidth, 'column');
  }
  // Lines lead the eye to a cursor in cells that are too small to spot. Without a pointer they cross there.
  const small = Math.min(geometry.cellWidth, geometry.cellHeight) < GRID_FROM;
  const crossed = state.hover ?? (state.focused && small ? state.cursor : null);
  if (crossed) drawCrosshair(context, state, geometry, crossed);
  if (state.cursor) drawCursor(context, state, geometry, state.cursor);
}

/** Moves a line to whole device pixels, since it would blur between them. */
function crisp(context: CanvasRenderingContext2D, position: number): number {
  const scale = context.getTransform().a;
  return (Math.round(position * scale) + 0.5) / scale;
}

function drawGrid(
  context: CanvasRenderingContext2D,
  { viewport, plot, palette }: MarksState,
  geometry: Geometry,
): void {
  context.beginPath();
  if (geometry.cellWidth >= GRID_FROM) {
    for (let column = Math.ceil(viewport.x0); column <= viewport.x1; column++) {
      const x = crisp(context, geometry.x(column));
      context.moveTo(x, 0);
      context.lineTo(x, plot.height);
    }
  }
  if (geometry.cellHeight >= GRID_FROM) {
    for (let row = Math.ceil(viewport.y0); row <= viewport.y1; row++) {
      const y = crisp(context, geometry.y(row));
      context.moveTo(0, y);
      context.lineTo(plot.width, y);
    }
  }
  context.strokeStyle = palette.background;
  context.globalAlpha = 0.45;
  context.lineWidth = 1 / context.getTransform().a;
  context.stroke();
  context.globalAlpha = 1;
}

function drawValues(context: CanvasRenderingContext2D, state: MarksState, geometry: Geometry): void {
  if (geometry.cellWidth < VALUE_WIDTH || geometry.cellHeight < VALUE_HEIGHT) return;
  const { viewport, plot, size, colorMap, palette, valueAt } = state;
  context.font = `11px ${palette.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let row = Math.floor(viewport.y0); row < Math.min(size.rows, viewport.y1); row++) {
    const top = Math.max(0, geometry.y(row));
    const bottom = Math.min(plot.height, geometry.y(row + 1));
    if (bottom - top < VALUE_HEIGHT) continue;
    for (let column = Math.floor(viewport.x0); column < Math.min(size.columns, viewport.x1); column++) {
      // The value is centred on the visible part of the cell, so that it is not cut off.
      const left = Math.max(0, geometry.x(column));
      const right = Math.min(plot.width, geometry.x(column + 1));
      const value = right - left < VALUE_WIDTH ? undefined : valueAt({ row, column });
      if (value === undefined) continue;
      context.fillStyle = isLightColor(packedColorOf(value, colorMap)) ? '#000000' : '#ffffff';
      context.fillText(formatNumber(value), (left + right) / 2, (top + bottom) / 2, right - left - 4);
    }
  }
}

function drawBoundaries(
  context: CanvasRenderingContext2D,
  { options, size, plot, palette }: MarksState,
  geometry: Geometry,
): void {
  const edges = (bands: HeatmapOptions['rowBands'], last: number): number[] =>
    [...new Set(bands?.flatMap(({ start, end }) => [start, end]))].filter((edge) => edge > 0 && edge < last);
  context.beginPath();
  for (const row of edges(options.rowBands, size.rows)) {
    const y = crisp(context, geometry.y(row));
    context.moveTo(0, y);
    context.lineTo(plot.width, y);
  }
  for (const column of edges(options.columnBands, size.columns)) {
    const x = crisp(context, geometry.x(column));
    context.moveTo(x, 0);
    context.lineTo(x, plot.height);
  }
  strokeTwice(context, palette.background, palette.foreground, 1, 0.8);
}

/** Strokes a line that is visible on any colour: the foreground with the background as its halo. */
function strokeTwice(
  context: CanvasRenderingContext2D,
  halo: string,
  line: string,
  width: number,
  alpha: number,
): void {
  context.lineWidth = width + 2;
  context.globalAlpha = alpha * 0.6;
  context.strokeStyle = halo;
  context.stroke();
  context.lineWidth = width;
  context.globalAlpha = alpha;
  context.strokeStyle = line;
  context.stroke();
  context.globalAlpha = 1;
}

function drawLitLine(
  context: CanvasRenderingContext2D,
  { plot, palette }: MarksState,
  start: number,
  thickness: number,
  direction: 'row' | 'column',
): void {
  // A row or column of a large matrix is thinner than a pixel. It is lit all the same.
  const shown = Math.max(3, thickness);
  const from = start + thickness / 2 - shown / 2;
  context.beginPath();
  if (direction === 'row') context.rect(0.5, from, plot.width - 1, shown);
  else context.rect(from, 0.5, shown, plot.height - 1);
  strokeTwice(context, palette.background, palette.accent, 1.5, 1);
}

function drawCrosshair(
  context: CanvasRenderingContext2D,
  { plot, palette }: MarksState,
  geometry: Geometry,
  { row, column }: CellPosition,
): void {
  const { cellWidth, cellHeight } = geometry;
  context.beginPath();
  for (const x of cellWidth < THIN_CELL ? [column + 0.5] : [column, column + 1]) {
    context.moveTo(crisp(context, geometry.x(x)), 0);
    context.lineTo(crisp(context, geometry.x(x)), plot.height);
  }
  for (const y of cellHeight < THIN_CELL ? [row + 0.5] : [row, row + 1]) {
    context.moveTo(0, crisp(context, geometry.y(y)));
    context.lineTo(plot.width, crisp(context, geometry.y(y)));
  }
  strokeTwice(context, palette.background, palette.foreground, 1, 0.55);
}

function drawCursor(
  context: CanvasRenderingContext2D,
  { palette, focused }: MarksState,
  geometry: Geometry,
  { row, column }: CellPosition,
): void {
  const width = Math.max(SMALLEST_CURSOR, geometry.cellWidth);
  const height = Math.max(SMALLEST_CURSOR, geometry.cellHeight);
  context.beginPath();
  context.rect(geometry.x(column + 0.5) - width / 2, geometry.y(row + 0.5) - height / 2, width, height);
  strokeTwice(context, palette.background, focused ? palette.accent : palette.foreground, 2, 1);
}
