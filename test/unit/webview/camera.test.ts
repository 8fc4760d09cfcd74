import { strict as assert } from 'node:assert';
import { GLIDE_MS } from '../../../webview-ui/shared/glide';
import { Camera } from '../../../webview-ui/shared/heatmap/camera';
import type { CellPosition, Viewport, ViewMove } from '../../../webview-ui/shared/heatmap/types';
import { fitViewport, mapMove, sameViewport } from '../../../webview-ui/shared/heatmap/viewport';
import { TestClock } from './frameClock';

const SIZE = { rows: 30_000, columns: 50_000 };
const WHOLE = fitViewport(SIZE);
const STEP = 1.5;
const PRESSES = 12;

interface Setup {
  readonly camera: Camera;
  readonly clock: TestClock;
  readonly moves: ViewMove[];
}

function setUp(moved: (move: ViewMove) => void = () => undefined): Setup {
  const clock = new TestClock();
  const moves: ViewMove[] = [];
  const events = { changed: () => undefined, moved: (move: ViewMove) => (moves.push(move), moved(move)) };
  const camera = new Camera(events, clock);
  camera.setSize(SIZE);
  camera.setPlot({ width: 900, height: 600 });
  return { camera, clock, moves };
}

const same = (got: Viewport, expected: Viewport): void =>
  assert.ok(sameViewport(got, expected), `got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
const span = ({ x0, x1 }: Viewport): number => x1 - x0;

/** Milliseconds between two key presses, and the length of a frame. */
const PACES = [
  { name: 'at one instant', between: 0, frame: 16 },
  { name: 'in one frame', between: 1, frame: 100 },
  { name: 'at the rate of a held key', between: 33, frame: 16 },
  { name: 'one after the other', between: 3 * GLIDE_MS, frame: 16 },
];

describe('zooming by keys', () => {
  const press = (paceMs: number, frameMs: number, reduced: boolean, cell: CellPosition | null): Setup => {
    const setup = setUp();
    setup.clock.reduced = reduced;
    for (let i = 0; i < PRESSES; i++) {
      setup.camera.zoomBy(STEP, cell);
      setup.clock.pass(paceMs, frameMs);
    }
    return setup;
  };

  for (const cell of [null, { row: 0, column: 49_999 }, { row: 12_345, column: 6789 }]) {
    const about = cell ? `cell [${cell.row}, ${cell.column}]` : 'the middle';
    it(`about ${about} reaches the same view however fast the keys are pressed, and comes back to the whole`, () => {
      const expected = press(0, 16, true, cell).camera.viewport;
      assert.ok(Math.abs(span(expected) / SIZE.columns / STEP ** -PRESSES - 1) < 1e-9, String(span(expected)));
      for (const { name, between, frame } of PACES) {
        for (const reduced of [false, true]) {
          const { camera, clock } = press(between, frame, reduced, cell);
          same(camera.target, expected);
          clock.pass(2 * GLIDE_MS);
          same(camera.viewport, expected);
          for (let i = 0; i < PRESSES; i++) {
            camera.zoomBy(1 / STEP, cell);
            clock.pass(between, frame);
          }
          clock.pass(2 * GLIDE_MS);
          same(camera.viewport, WHOLE);
          assert.ok(camera.whole, name);
          assert.equal(clock.pending, 0);
        }
      }
    });
  }

  it('stops at the closest view and at the whole, and goes on from there at once', () => {
    const { camera, clock } = setUp();
    for (let i = 0; i < 100; i++) camera.zoomBy(STEP, null);
    const closest = camera.target;
    camera.zoomBy(1 / STEP, null);
    assert.ok(Math.abs(span(camera.target) / span(closest) - STEP) < 1e-9);
    for (let i = 0; i < 100; i++) camera.zoomBy(1 / STEP, null);
    camera.zoomBy(STEP, null);
    clock.pass(2 * GLIDE_MS);
    assert.ok(Math.abs(span(camera.viewport) * STEP - SIZE.columns) < 1e-6);
  });
});

describe('a view that is moving', () => {
  /** Zooms in by keys and stops the clock in the middle of the animation. */
  const underWay = (): Setup & { readonly end: Viewport } => {
    const setup = setUp();
    for (let i = 0; i < 5; i++) setup.camera.zoomBy(STEP, { row: 7000, column: 20_000 });
    setup.clock.pass(32);
    const end = setup.camera.target;
    assert.ok(!sameViewport(setup.camera.viewport, end), 'still on its way');
    return { ...setup, end };
  };

  it('ends at its target when it is grabbed', () => {
    const { camera, clock, moves, end } = underWay();
    camera.settle();
    same(camera.viewport, end);
    assert.deepEqual(moves.at(-1), { shown: end, target: end });
    clock.pass(2 * GLIDE_MS);
    same(camera.viewport, end);
  });

  it('keeps its whole zoom when the view jumps to a cell', () => {
    const { camera, clock, end } = underWay();
    camera.centreOn({ row: 29_000, column: 100 });
    const { x0, x1, y0, y1 } = camera.viewport;
    assert.ok(x0 <= 100 && 100 < x1 && y0 <= 29_000 && 29_000 < y1);
    assert.ok(x1 - x0 <= span(end) + 1e-6);
    clock.pass(2 * GLIDE_MS);
    same(camera.viewport, { x0, x1, y0, y1 });
  });

  it('continues while the cursor moves within the target, and follows the cursor out of it', () => {
    const { camera, clock, end } = underWay();
    camera.scrollTo({ row: 7001, column: 20_001 });
    same(camera.target, end);
    assert.ok(!sameViewport(camera.viewport, end));
    camera.scrollTo({ row: 7001, column: 49_999 });
    assert.equal(camera.viewport.x1, 50_000);
    assert.ok(Math.abs(span(camera.viewport) - span(end)) < 1e-6);
    clock.pass(2 * GLIDE_MS);
    assert.equal(camera.viewport.x1, 50_000);
  });

  it('forgets its target for a matrix of another size and keeps it for one of the same size', () => {
    const { camera, clock, end } = underWay();
    assert.equal(camera.setSize({ ...SIZE }), false);
    same(camera.target, end);
    assert.equal(camera.setSize({ rows: 8, columns: 4 }), true);
    clock.pass(2 * GLIDE_MS);
    same(camera.viewport, { x0: 0, x1: 4, y0: 0, y1: 8 });
    assert.ok(camera.whole);
  });

  it('ends at its target when the reader asks for less motion', () => {
    const { camera, clock, end } = underWay();
    clock.reduced = true;
    clock.pass(16);
    same(camera.viewport, end);
    assert.equal(clock.pending, 0);
  });

  it('sends its target to listeners before the first frame, and no move twice', () => {
    const { camera, clock, moves } = setUp();
    camera.zoomBy(STEP, null);
    assert.equal(moves.length, 1);
    same(moves[0]!.shown, WHOLE);
    same(moves[0]!.target, camera.target);
    clock.pass(2 * GLIDE_MS);
    assert.ok(moves.every(({ target }) => sameViewport(target, camera.viewport)));
    const { length } = moves;
    camera.settle();
    camera.jumpTo(camera.viewport);
    assert.equal(moves.length, length);
  });
});

describe('two views in step', () => {
  /**
   * The second camera shows the columns of the first, and leads it when it moves itself, as the factors and the product
   * do.
   */
  const pair = (): { first: Setup; second: Setup } => {
    const first = setUp((move) => second.camera.follow(move));
    const second: Setup = setUp((move) => first.camera.follow(mapMove(move, (viewport) => viewport)));
    return { first, second };
  };

  it('lose no step when the keys go to one and then to the other in the middle of an animation', () => {
    const { first, second } = pair();
    for (let i = 0; i < 6; i++) first.camera.zoomBy(STEP, null);
    first.clock.pass(32);
    for (let i = 0; i < 6; i++) second.camera.zoomBy(STEP, null);
    for (let i = 0; i < 20; i++) {
      first.clock.pass(16);
      second.clock.pass(16);
    }
    assert.ok(Math.abs(span(second.camera.viewport) / SIZE.columns / STEP ** -PRESSES - 1) < 1e-9);
    same(first.camera.viewport, second.camera.viewport);
    same(first.camera.target, first.camera.viewport);
    assert.equal(first.clock.pending + second.clock.pending, 0);
  });

  it('come to rest at their target when the follower is grabbed', () => {
    const { first, second } = pair();
    for (let i = 0; i < 6; i++) first.camera.zoomBy(STEP, null);
    first.clock.pass(32);
    const { target } = first.camera;
    second.camera.settle();
    same(second.camera.viewport, target);
    same(first.camera.viewport, target);
  });
});
