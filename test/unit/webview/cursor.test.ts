import { strict as assert } from 'node:assert';
import { moveCursor } from '../../../webview-ui/shared/heatmap/keyboard';

const size = { rows: 100, columns: 768 };
const page = { rows: 20, columns: 50 };

function after(key: string, modifiers: { shift?: boolean; ctrl?: boolean } = {}, row = 50, column = 300): unknown {
  const next = moveCursor({ row, column }, { key, shift: false, ctrl: false, ...modifiers }, size, page);
  return next && [next.row, next.column];
}

describe('the cell cursor', () => {
  it('moves one cell with an arrow key and ten with Shift', () => {
    assert.deepEqual(after('ArrowUp'), [49, 300]);
    assert.deepEqual(after('ArrowDown'), [51, 300]);
    assert.deepEqual(after('ArrowLeft'), [50, 299]);
    assert.deepEqual(after('ArrowRight', { shift: true }), [50, 310]);
  });

  it('moves to the edge with an arrow key and Ctrl', () => {
    assert.deepEqual(after('ArrowUp', { ctrl: true }), [0, 300]);
    assert.deepEqual(after('ArrowRight', { ctrl: true }), [50, 767]);
  });

  it('moves by the visible cells with the page keys, along the row with Shift', () => {
    assert.deepEqual(after('PageDown'), [70, 300]);
    assert.deepEqual(after('PageUp'), [30, 300]);
    assert.deepEqual(after('PageDown', { shift: true }), [50, 350]);
  });

  it('moves to the ends of the row with Home and End, and to the corners with Ctrl', () => {
    assert.deepEqual(after('Home'), [50, 0]);
    assert.deepEqual(after('End'), [50, 767]);
    assert.deepEqual(after('Home', { ctrl: true }), [0, 0]);
    assert.deepEqual(after('End', { ctrl: true }), [99, 767]);
  });

  it('stops at the edges of the matrix', () => {
    assert.deepEqual(after('ArrowUp', {}, 0, 0), [0, 0]);
    assert.deepEqual(after('ArrowDown', { shift: true }, 95, 767), [99, 767]);
    assert.deepEqual(after('PageDown', {}, 99, 767), [99, 767]);
  });

  it('moves at least one cell with a page key, however close the view', () => {
    const next = moveCursor({ row: 3, column: 3 }, { key: 'PageDown', shift: false, ctrl: false }, size, {
      rows: 0.4,
      columns: 0.4,
    });
    assert.deepEqual(next, { row: 4, column: 3 });
  });

  it('leaves other keys alone', () => {
    assert.equal(after('a'), null);
    assert.equal(after('Enter'), null);
    assert.equal(after('Tab'), null);
  });
});
