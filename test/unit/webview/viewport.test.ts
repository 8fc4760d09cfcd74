import { strict as assert } from 'node:assert';
import {
  blendViewports,
  cellAt,
  centreOnCell,
  clampViewport,
  fitViewport,
  MAX_CELL_PIXELS,
  minimumSpan,
  panViewport,
  sameViewport,
  scrollToCell,
  zoomViewport,
} from '../../../webview-ui/shared/heatmap/viewport';

const size = { rows: 100, columns: 4000 };
const plot = { width: 800, height: 400 };
const whole = fitViewport(size);

function assertWithin({ x0, x1, y0, y1 }: typeof whole): void {
  assert.ok(x0 >= 0 && x1 <= size.columns && y0 >= 0 && y1 <= size.rows, JSON.stringify({ x0, x1, y0, y1 }));
  assert.ok(x1 > x0 && y1 > y0, JSON.stringify({ x0, x1, y0, y1 }));
}

describe('the viewport of a heatmap', () => {
  it('shows the whole matrix when fitted', () => {
    assert.deepEqual(whole, { x0: 0, x1: 4000, y0: 0, y1: 100 });
  });

  it('keeps the point under the pointer in place while zooming', () => {
    const anchor = { x: 1234.5, y: 40.25 };
    const before = { x: anchor.x / 4000, y: anchor.y / 100 };
    const zoomed = zoomViewport(whole, { x: 3, y: 3 }, anchor, size, plot);
    assert.ok(Math.abs((anchor.x - zoomed.x0) / (zoomed.x1 - zoomed.x0) - before.x) < 1e-12);
    assert.ok(Math.abs((anchor.y - zoomed.y0) / (zoomed.y1 - zoomed.y0) - before.y) < 1e-12);
    assert.ok(Math.abs(zoomed.x1 - zoomed.x0 - 4000 / 3) < 1e-9);
  });

  it('zooms in one direction if the other is locked', () => {
    const zoomed = zoomViewport(whole, { x: 4, y: 1 }, { x: 0, y: 0 }, size, plot);
    assert.deepEqual(zoomed, { x0: 0, x1: 1000, y0: 0, y1: 100 });
  });

  it('brings a cell to the centre, large enough to be seen, as far as the edges and the axes allow', () => {
    const both = { x: true, y: true };
    const middle = centreOnCell(whole, { row: 50, column: 2000 }, size, plot, both);
    assert.deepEqual([(middle.x0 + middle.x1) / 2, (middle.y0 + middle.y1) / 2], [2000.5, 50.5]);
    assert.ok(plot.width / (middle.x1 - middle.x0) > 11.9 && plot.height / (middle.y1 - middle.y0) > 11.9);
    const corner = centreOnCell(whole, { row: 99, column: 0 }, size, plot, both);
    assertWithin(corner);
    assert.equal(corner.x0, 0);
    assert.equal(corner.y1, 100);
    const near = centreOnCell({ x0: 10, x1: 20, y0: 10, y1: 20 }, { row: 50, column: 100 }, size, plot, both);
    assert.deepEqual(near, { x0: 95.5, x1: 105.5, y0: 45.5, y1: 55.5 });
    const locked = centreOnCell(whole, { row: 50, column: 2000 }, size, plot, { x: true, y: false });
    assert.deepEqual([locked.y0, locked.y1], [0, 100]);
  });

  it('stops zooming in once a cell has room for its value', () => {
    let viewport = whole;
    for (let i = 0; i < 100; i++) viewport = zoomViewport(viewport, { x: 2, y: 2 }, { x: 17.3, y: 99.9 }, size, plot);
    assertWithin(viewport);
    assert.ok(Math.abs(plot.width / (viewport.x1 - viewport.x0) - MAX_CELL_PIXELS) < 1e-9);
    assert.ok(viewport.x0 <= 17.3 && viewport.x1 >= 17.3);
  });

  it('returns to the whole matrix when zoomed out completely', () => {
    let viewport = zoomViewport(whole, { x: 50, y: 9 }, { x: 3999, y: 1 }, size, plot);
    for (let i = 0; i < 20; i++) viewport = zoomViewport(viewport, { x: 0.5, y: 0.5 }, { x: 2000, y: 50 }, size, plot);
    assert.ok(sameViewport(viewport, whole));
  });

  it('stays within the matrix after any sequence of zooms and pans', () => {
    let viewport = whole;
    let state = 12345;
    const random = (): number => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
    for (let i = 0; i < 500; i++) {
      const anchor = { x: random() * 4000, y: random() * 100 };
      viewport = zoomViewport(viewport, { x: 0.4 + random() * 2, y: 0.4 + random() * 2 }, anchor, size, plot);
      viewport = panViewport(viewport, { x: (random() - 0.5) * 900, y: (random() - 0.5) * 60 }, size);
      assertWithin(viewport);
    }
  });

  it('keeps its width when panned into an edge', () => {
    const viewport = { x0: 100, x1: 300, y0: 20, y1: 40 };
    assert.deepEqual(panViewport(viewport, { x: -500, y: 500 }, size), { x0: 0, x1: 200, y0: 80, y1: 100 });
  });

  it('shows a matrix smaller than the closest zoom whole', () => {
    assert.equal(minimumSpan(3, 2000), 3);
    const tiny = { rows: 1, columns: 1 };
    assert.deepEqual(clampViewport({ x0: 0.2, x1: 0.4, y0: -3, y1: 8 }, tiny, plot), { x0: 0, x1: 1, y0: 0, y1: 1 });
  });

  it('scrolls by the smallest distance that shows a whole cell, and not at all for a visible one', () => {
    const viewport = { x0: 100, x1: 200, y0: 10, y1: 20 };
    assert.deepEqual(scrollToCell(viewport, { row: 12, column: 150 }, size), viewport);
    assert.deepEqual(scrollToCell(viewport, { row: 20, column: 99 }, size), { x0: 99, x1: 199, y0: 11, y1: 21 });
    assert.deepEqual(scrollToCell(viewport, { row: 99, column: 3999 }, size), { x0: 3900, x1: 4000, y0: 90, y1: 100 });
  });

  it('finds the cell under a point, and none outside the plot', () => {
    const viewport = { x0: 10.5, x1: 20.5, y0: 0, y1: 4 };
    assert.deepEqual(cellAt(viewport, plot, 0, 0, size), { row: 0, column: 10 });
    assert.deepEqual(cellAt(viewport, plot, 799, 399, size), { row: 3, column: 20 });
    assert.deepEqual(cellAt(viewport, plot, 40, 100, size), { row: 1, column: 11 });
    assert.equal(cellAt(viewport, plot, 800, 10, size), null);
    assert.equal(cellAt(viewport, plot, -1, 10, size), null);
  });

  it('blends from one end to the other', () => {
    const to = { x0: 10, x1: 20, y0: 30, y1: 40 };
    assert.deepEqual(blendViewports(whole, to, 0), whole);
    assert.deepEqual(blendViewports(whole, to, 1), to);
  });
});
