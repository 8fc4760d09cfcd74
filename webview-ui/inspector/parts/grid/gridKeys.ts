/** Arrow keys among the cells of a grid of buttons: one tab stop, as users of screen readers expect of a grid. */

export function gridKeys(root: HTMLElement): void {
  const cells = [...root.querySelectorAll<HTMLElement>('button.cell')];
  const first = cells.find((cell) => cell.tabIndex === 0) ?? cells[0];
  if (first) first.tabIndex = 0;
  root.onkeydown = (event) => {
    const from = cells.indexOf(document.activeElement as HTMLElement);
    if (from < 0) return;
    const to = target(cells, from, event.key);
    if (!to) return;
    event.preventDefault();
    for (const cell of cells) cell.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  };
}

/** Redraws the cells and keeps the keyboard focus on the same one. */
export function keepingFocus(root: HTMLElement, draw: () => void): void {
  const index = [...root.querySelectorAll('button.cell')].indexOf(document.activeElement as HTMLElement);
  draw();
  const cells = [...root.querySelectorAll<HTMLElement>('button.cell')];
  const cell = index < 0 ? undefined : cells[index];
  if (!cell) return;
  for (const other of cells) other.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus({ preventScroll: true });
}

function target(cells: readonly HTMLElement[], from: number, key: string): HTMLElement | undefined {
  if (key === 'Home') return cells[0];
  if (key === 'End') return cells.at(-1);
  if (key === 'ArrowLeft') return cells[from - 1];
  if (key === 'ArrowRight') return cells[from + 1];
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return undefined;
  // Rows may be ragged, so the cell above or below is the nearest one by position on the screen.
  const here = (cells[from] as HTMLElement).getBoundingClientRect();
  const down = key === 'ArrowDown';
  let best: HTMLElement | undefined;
  let bestDistance = Infinity;
  for (const cell of cells) {
    const there = cell.getBoundingClientRect();
    const vertical = down ? there.top - here.top : here.top - there.top;
    if (vertical < here.height / 2) continue;
    const distance = vertical * 1000 + Math.abs(there.left - here.left);
    if (distance < bestDistance) [best, bestDistance] = [cell, distance];
  }
  return best;
}
