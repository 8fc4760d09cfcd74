/** How keys move the cell cursor. No DOM. */

import type { CellPosition } from './types';
import type { MatrixSize } from './viewport';

/** Cells that an arrow key moves the cursor by with Shift held. */
const SHIFT_STEP = 10;

interface KeyPress {
  readonly key: string;
  readonly shift: boolean;
  readonly ctrl: boolean;
}

/** Cells in view in each direction: the length of a page. */
interface PageSize {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The new cell of the cursor, or `null` if the key does not move it. Home and End move along the row, with Ctrl to the
 * corners of the matrix. PageUp and PageDown move along the column, with Shift along the row.
 */
export function moveCursor(cell: CellPosition, press: KeyPress, size: MatrixSize, page: PageSize): CellPosition | null {
  const step = press.shift ? SHIFT_STEP : 1;
  const pageRows = Math.max(1, Math.floor(page.rows));
  const pageColumns = Math.max(1, Math.floor(page.columns));
  const to = (row: number, column: number): CellPosition => ({
    row: Math.min(size.rows - 1, Math.max(0, row)),
    column: Math.min(size.columns - 1, Math.max(0, column)),
  });
  const { row, column } = cell;
  switch (press.key) {
    case 'ArrowUp':
      return to(press.ctrl ? 0 : row - step, column);
    case 'ArrowDown':
      return to(press.ctrl ? size.rows : row + step, column);
    case 'ArrowLeft':
      return to(row, press.ctrl ? 0 : column - step);
    case 'ArrowRight':
      return to(row, press.ctrl ? size.columns : column + step);
    case 'PageUp':
      return press.shift ? to(row, column - pageColumns) : to(row - pageRows, column);
    case 'PageDown':
      return press.shift ? to(row, column + pageColumns) : to(row + pageRows, column);
    case 'Home':
      return to(press.ctrl ? 0 : row, 0);
    case 'End':
      return to(press.ctrl ? size.rows : row, size.columns);
    default:
      return null;
  }
}
