import { strict as assert } from 'node:assert';
import type { Tile } from '../../../src/protocol/matrix';
import { sharedTileCache, TileCache } from '../../../webview-ui/shared/heatmap/tileCache';
import { MAX_READS_IN_FLIGHT, TileLoader } from '../../../webview-ui/shared/heatmap/tileLoader';
import { TileView } from '../../../webview-ui/shared/heatmap/tileView';
import type { MatrixSource, Viewport } from '../../../webview-ui/shared/heatmap/types';
import { TestTimers } from './testTimers';

interface Read {
  readonly name: string;
  readonly signal: AbortSignal;
  answer(value?: number): Promise<void>;
  fail(message: string): Promise<void>;
}

/** A matrix whose reads the test answers one by one. */
class HeldSource implements MatrixSource {
  readonly reads: Read[] = [];

  constructor(
    readonly id: string,
    readonly rows: number,
    readonly columns: number,
  ) {}

  readTile(request: { level: number; tileX: number; tileY: number }, signal: AbortSignal): Promise<Tile> {
    const { level, tileX, tileY } = request;
    return new Promise((resolve, reject) => {
      const cells = (entries: number, tile: number): number =>
        Math.min(256, Math.ceil(entries / 2 ** level) - tile * 256);
      const width = cells(this.columns, tileX);
      const height = cells(this.rows, tileY);
      this.reads.push({
        name: `${level}/${tileX}/${tileY}`,
        signal,
        async answer(value = 1) {
          resolve({ width, height, values: new Float32Array(width * height).fill(value), sampled: false });
          await settled();
        },
        async fail(message) {
          reject(new Error(message));
          await settled();
        },
      });
    });
  }
}

/** Lets every pending promise continue. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function row(count: number): { level: number; tileX: number; tileY: number }[] {
  return Array.from({ length: count }, (_, tileX) => ({ level: 0, tileX, tileY: 0 }));
}

describe('the loader of tiles', () => {
  function setUp(source = new HeldSource('m', 256, 256 * 20)) {
    const errors: string[] = [];
    let loads = 0;
    const waiting: (() => void)[] = [];
    const loader = new TileLoader(source, 'mean', new TileCache(1e9), {
      loaded: () => void loads++,
      afterShown: (run) => void waiting.push(run),
      failed: (error) => void errors.push(error.message),
    });
    const shown = (): void => waiting.splice(0).forEach((run) => run());
    return { source, loader, errors, shown, loads: () => loads };
  }

  it('reads in the order wanted, a few at a time', async () => {
    const { source, loader, loads } = setUp();
    loader.want(row(10));
    assert.deepEqual(
      source.reads.map(({ name }) => name),
      row(MAX_READS_IN_FLIGHT).map(({ tileX }) => `0/${tileX}/0`),
    );
    await source.reads[0]?.answer();
    assert.equal(source.reads.length, MAX_READS_IN_FLIGHT + 1);
    assert.equal(loads(), 1);
    assert.ok(loader.busy);
    for (let i = 1; i < 10; i++) await source.reads[i]?.answer();
    assert.equal(source.reads.length, 10);
    assert.ok(!loader.busy);
  });

  it('reads a quick tile alone, and the rest once it is on the screen', async () => {
    const { source, loader, shown } = setUp();
    const wanted = [{ level: 5, tileX: 0, tileY: 0, quick: true } as const, ...row(3)];
    loader.want(wanted);
    assert.deepEqual(
      source.reads.map(({ name }) => name),
      ['5/0/0'],
    );
    await source.reads[0]?.answer();
    loader.want(wanted);
    assert.deepEqual(
      source.reads.map(({ name }) => name),
      ['5/0/0'],
    );
    assert.ok(loader.busy, 'there is more to come');
    shown();
    assert.deepEqual(
      source.reads.map(({ name }) => name),
      ['5/0/0', '0/0/0', '0/1/0', '0/2/0'],
    );
  });

  it('reads the rest if the quick tile fails', async () => {
    const { source, loader } = setUp();
    loader.want([{ level: 5, tileX: 0, tileY: 0, quick: true }, ...row(2)]);
    await source.reads[0]?.fail('gone');
    assert.deepEqual(
      source.reads.map(({ name }) => name),
      ['5/0/0', '0/0/0', '0/1/0'],
    );
  });

  it('aborts reads of tiles that went out of view and leaves the others running', async () => {
    const { source, loader } = setUp();
    loader.want(row(3));
    loader.want([
      { level: 0, tileX: 2, tileY: 0 },
      { level: 0, tileX: 9, tileY: 0 },
    ]);
    assert.deepEqual(
      source.reads.map(({ name, signal }) => [name, signal.aborted]),
      [
        ['0/0/0', true],
        ['0/1/0', true],
        ['0/2/0', false],
        ['0/9/0', false],
      ],
    );
    await source.reads[0]?.answer();
    assert.ok(!loader.has({ level: 0, tileX: 0, tileY: 0 }), 'an answer after the abort is not kept');
  });

  it('reads a tile once, however often it is wanted', async () => {
    const { source, loader } = setUp();
    loader.want(row(1));
    loader.want(row(1));
    await source.reads[0]?.answer();
    loader.want(row(1));
    assert.equal(source.reads.length, 1);
  });

  it('reports a failed tile and does not request it again', async () => {
    const { source, loader, errors } = setUp();
    loader.want(row(1));
    await source.reads[0]?.fail('data ends early');
    loader.want(row(1));
    assert.deepEqual(errors, ['data ends early']);
    assert.equal(source.reads.length, 1);
    assert.ok(!loader.busy);
  });

  it('refuses a tile of another shape than requested', async () => {
    const wrong: MatrixSource = {
      id: 'w',
      rows: 300,
      columns: 300,
      readTile: async () => ({ width: 256, height: 10, values: new Float32Array(2560), sampled: false }),
    };
    const errors: string[] = [];
    const loader = new TileLoader(wrong, 'mean', new TileCache(1e9), {
      loaded: () => {},
      afterShown: () => {},
      failed: ({ message }) => void errors.push(message),
    });
    loader.want([{ level: 0, tileX: 1, tileY: 1 }]);
    await settled();
    assert.deepEqual(errors, ['tile (1, 1) of level 0: got 10 x 256 with 2560 values, expected 44 x 44']);
  });

  it('gives the stored value of a cell once its tile is there', async () => {
    const { source, loader } = setUp(new HeldSource('v', 300, 300));
    assert.equal(loader.valueAt({ row: 299, column: 299 }), undefined);
    loader.want([{ level: 0, tileX: 1, tileY: 1 }]);
    await source.reads[0]?.answer(7);
    assert.equal(loader.valueAt({ row: 299, column: 299 }), 7);
  });
});

describe('the visible tiles', () => {
  const viewport = { x0: 0, x1: 256, y0: 0, y1: 256 };
  const plot = { width: 256, height: 256 };

  function setUp() {
    sharedTileCache.clear();
    const found: unknown[] = [];
    const sampled: boolean[] = [];
    const clock = new TestTimers();
    const view = new TileView(
      {
        changed: () => {},
        afterShown: () => {},
        failed: () => {},
        nonNumbers: (present) => void found.push(present),
        sampled: (now) => void sampled.push(now),
      },
      clock,
    );
    return { found, sampled, clock, view };
  }

  /** The matrix in a view of one tile, which has arrived. */
  async function shown(view: TileView, source: HeldSource, all: Viewport): Promise<HeldSource> {
    view.setSource(source, 'mean', false);
    view.placed(all, plot, 1);
    await source.reads[0]?.answer(1);
    assert.equal(source.reads.length, 1);
    return source;
  }

  it('keeps the old matrix visible until the new one of the same size is read', async () => {
    const { view } = setUp();
    const first = new HeldSource('first', 256, 256);
    view.setSource(first, 'mean', true);
    view.placed(viewport, plot, 1);
    await first.reads[0]?.answer(1);
    const second = new HeldSource('second', 256, 256);
    view.setSource(second, 'mean', true);
    assert.deepEqual(
      view.placed(viewport, plot, 1).map(({ values }) => values[0]),
      [1],
    );
    await second.reads[0]?.answer(2);
    assert.deepEqual(
      view.placed(viewport, plot, 1).map(({ values }) => values[0]),
      [2],
    );
  });

  it('drops the old matrix if the new one cannot be read', async () => {
    const { view } = setUp();
    const first = new HeldSource('first', 256, 256);
    view.setSource(first, 'mean', true);
    view.placed(viewport, plot, 1);
    await first.reads[0]?.answer(1);
    const second = new HeldSource('second', 256, 256);
    view.setSource(second, 'mean', true);
    view.placed(viewport, plot, 1);
    await second.reads[0]?.fail('the file ends early');
    assert.deepEqual(view.placed(viewport, plot, 1), []);
  });

  it('drops the old matrix at once if the new one has another size', async () => {
    const { view } = setUp();
    await shown(view, new HeldSource('first', 256, 256), viewport);
    view.setSource(new HeldSource('other', 100, 100), 'mean', false);
    assert.deepEqual(view.placed({ x0: 0, x1: 100, y0: 0, y1: 100 }, plot, 1), []);
  });

  it('takes tiles of a matrix shown before from the cache', async () => {
    const { view } = setUp();
    const source = new HeldSource('again', 256, 256);
    view.setSource(source, 'mean', true);
    view.placed(viewport, plot, 1);
    await source.reads[0]?.answer(5);
    view.setSource(new HeldSource('between', 256, 256), 'mean', true);
    view.placed(viewport, plot, 1);
    view.setSource(source, 'mean', true);
    assert.deepEqual(
      view.placed(viewport, plot, 1).map(({ values }) => values[0]),
      [5],
    );
    assert.equal(source.reads.length, 1);
  });

  it('scales the loaded tiles while the view is zoomed, and reads finer ones when the zoom rests', async () => {
    const { view, clock } = setUp();
    const source = await shown(view, new HeldSource('zoomed', 512, 512), { x0: 0, x1: 512, y0: 0, y1: 512 });
    for (const side of [300, 200, 100]) {
      clock.pass(16);
      assert.equal(view.placed({ x0: 0, x1: side, y0: 0, y1: side }, plot, 1).length, 1);
      assert.ok(view.busy, 'finer tiles are to come');
    }
    assert.equal(source.reads.length, 1);
    clock.pass(100);
    view.placed({ x0: 0, x1: 100, y0: 0, y1: 100 }, plot, 1);
    assert.deepEqual(
      source.reads.map(({ name }) => name),
      ['1/0/0', '0/0/0'],
    );
    view.dispose();
  });

  it('does not take a pan for a zoom', async () => {
    const { view, clock } = setUp();
    const source = await shown(view, new HeldSource('panned', 256, 2560), viewport);
    clock.pass(16);
    view.placed({ x0: 200.1, x1: 456.1, y0: 0, y1: 256 }, plot, 1);
    assert.deepEqual(
      source.reads.map(({ name }) => name),
      ['0/0/0', '0/1/0'],
    );
    view.dispose();
  });

  it('reports while a visible tile holds a sample of its entries', async () => {
    const { sampled, view } = setUp();
    const large = new HeldSource('large', 256, 256);
    view.setSource(
      {
        ...large,
        id: 'large',
        readTile: async (request, signal) => ({ ...(await large.readTile(request, signal)), sampled: true }),
      },
      'mean',
      true,
    );
    view.placed(viewport, plot, 1);
    assert.deepEqual(sampled, []);
    await large.reads[0]?.answer(1);
    view.placed(viewport, plot, 1);
    view.placed(viewport, plot, 1);
    assert.deepEqual(sampled, [true]);
    const whole = new HeldSource('whole', 256, 256);
    view.setSource(whole, 'mean', true);
    view.placed(viewport, plot, 1);
    await whole.reads[0]?.answer(1);
    view.placed(viewport, plot, 1);
    assert.deepEqual(sampled, [true, false]);
  });

  it('reports when NaN comes into view', async () => {
    const { view, found } = setUp();
    const source = new HeldSource('nan', 256, 256);
    view.setSource(source, 'mean', true);
    view.placed(viewport, plot, 1);
    await source.reads[0]?.answer(NaN);
    view.placed(viewport, plot, 1);
    view.placed(viewport, plot, 1);
    assert.deepEqual(found, [{ nan: true, positiveInfinity: false, negativeInfinity: false }]);
  });
});
