/** What is drawn over the cells: grid, values, brackets' boundaries, lit lines, crosshair and cursor. */

import { isLightColor, packedColorOf } from '../colorMap';
import type { ColorMap } from '../colorMap';
import { formatNumber } from '../formatNumber';
import type { Palette } from '../theme';
import type { CellPosition, HeatmapOptions, LitLines, Viewport } from './types';
import type { MatrixSize, PlotSize } from './viewport';

/** Cells at least this big, in px, are told apart by lines. */
const GRID_FROM = 12;
/** A value of four digits with sign and point, at 11 px, fits in a cell of this size. */
const VALUE_WIDTH = 48;
const VALUE_HEIGHT = 18;
/** Closer lines than this are drawn as one through the middle of the cell. */
const THIN_CELL = 4;
/** The cursor's outline, around however small a cell. */
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
  /** Left out of pictures that are saved. */
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

/** False where there is nothing to draw over the cells. */
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

/** The context is scaled so that a unit is a CSS px. */
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
  // Without a pointer, the lines lead the eye to a cursor in cells too small to spot it by.
  const small = Math.min(geometry.cellWidth, geometry.cellHeight) < GRID_FROM;
  const crossed = state.hover ?? (state.focused && small ? state.cursor : null);
  if (crossed) drawCrosshair(context, state, geometry, crossed);
  if (state.cursor) drawCursor(context, state, geometry, state.cursor);
}

/** Lines on whole device pixels, or they blur. */
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
      // In the middle of what is in view of the cell, so that none is cut.
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

/** A line that shows on any colour: the foreground with the background as its halo. */
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
  // A line of a large matrix is less than a pixel; it is lit all the same.
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
