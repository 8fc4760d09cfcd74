/**
 * Runs in the browser for heatmapRenderers.test.ts. It draws the same scenes with WebGL2 and with the rasteriser and
 * reports where their pixels differ.
 */

import { createGlRenderer } from '../../webview-ui/gl/glRenderer';
import { SharedGl } from '../../webview-ui/gl/sharedGl';
import { createColorMap } from '../../webview-ui/shared/colorMap';
import { createCanvasRenderer } from '../../webview-ui/shared/heatmap/canvasRenderer';
import type { PlacedTile, Renderer } from '../../webview-ui/shared/heatmap/renderer';
import type { ColorSettings, Viewport } from '../../webview-ui/shared/heatmap/types';
import type { ThemeKind } from '../../webview-ui/shared/theme';

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly viewport: Viewport;
  readonly color: ColorSettings;
  readonly theme: ThemeKind;
  /** The distribution of the values: about the limit, across all floats, or next to the boundaries of colours. */
  readonly values: 'ordinary' | 'anyBits';
  /** A cell covers 2^level entries in each direction. */
  readonly level: number;
}

export interface Comparison {
  readonly differing: number;
  readonly covered: number;
  readonly colors: number;
  readonly first: string;
}

const ROWS = 700;
const COLUMNS = 900;
const TILE = 256;
/** The limit is so low that the tiles of a level do not fit and are uploaded again and again. */
const FEW_BYTES = 3 * TILE * TILE * 8;

// Test machines seldom have a GPU.
const gl = new SharedGl({ software: true });
const tilesMade = new Map<string, PlacedTile[]>();

/** A small random generator, so that the same test draws the same picture everywhere. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
}

function tilesOf(level: number, values: Drawing['values']): PlacedTile[] {
  const key = `${level}/${values}`;
  const known = tilesMade.get(key);
  if (known) return known;
  const cell = 2 ** level;
  const tiles: PlacedTile[] = [];
  for (let row = 0; row < ROWS; row += TILE * cell) {
    for (let column = 0; column < COLUMNS; column += TILE * cell) {
      const height = Math.min(TILE, Math.ceil((ROWS - row) / cell));
      const width = Math.min(TILE, Math.ceil((COLUMNS - column) / cell));
      const next = random(row * 7919 + column + level);
      const bits = Uint32Array.from({ length: width * height }, next);
      const floats = new Float32Array(bits.buffer);
      // Products of a few binary digits sometimes meet the boundaries of colours exactly.
      if (values === 'ordinary')
        bits.forEach(
          (word, i) =>
            (floats[i] =
              i % 97 === 0 ? [NaN, Infinity, -Infinity, 0, -0][(i / 97) % 5]! : ((word >>> 20) - 2048) / 4096),
        );
      tiles.push({ row, column, width, height, cellWidth: cell, cellHeight: cell, values: floats });
    }
  }
  tilesMade.set(key, tiles);
  return tiles;
}

function pixelsOf(renderer: Renderer, drawing: Drawing): Uint32Array {
  const { width, height, viewport, values, level } = drawing;
  // Fine tiles cover the left half of the coarse ones.
  const tiles = [...tilesOf(level + 1, values), ...tilesOf(level, values).filter(({ column }) => column < COLUMNS / 2)];
  renderer.resize(width, height);
  renderer.draw({
    viewport,
    rows: ROWS,
    columns: COLUMNS,
    tiles,
    colorMap: createColorMap(drawing.color, drawing.theme),
  });
  return read(renderer);
}

function read({ canvas }: Renderer): Uint32Array {
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  return new Uint32Array(data.buffer);
}

function compare(expected: Uint32Array, got: Uint32Array, width: number): Comparison {
  let differing = 0;
  let covered = 0;
  let first = '';
  expected.forEach((pixel, i) => {
    if (pixel !== 0) covered++;
    if (pixel === got[i]) return;
    first ||= `(${i % width}, ${Math.floor(i / width)}): ${pixel.toString(16)} expected, ${got[i]!.toString(16)} drawn`;
    differing++;
  });
  return { differing, covered, colors: new Set(expected).size, first };
}

const own = createGlRenderer(() => undefined, gl);
const reference = createCanvasRenderer();
const cramped = new SharedGl({ software: true, gpuBytes: FEW_BYTES });
const crampedRenderer = createGlRenderer(() => undefined, cramped);

export const page = {
  works: (): boolean => gl.works,
  /** The default: a GPU draws, the processor does not. */
  worksByItself: (): boolean => new SharedGl().works,
  compare: (drawing: Drawing): Comparison =>
    compare(pixelsOf(reference, drawing), pixelsOf(own, drawing), drawing.width),
  compareCramped(drawing: Drawing): Comparison & { bytes: number; limit: number } {
    const found = compare(pixelsOf(reference, drawing), pixelsOf(crampedRenderer, drawing), drawing.width);
    return { ...found, bytes: cramped.tileBytes, limit: FEW_BYTES };
  },
  /**
   * Draws with a context that is lost and then restored. Each result says whether WebGL drew and how the pixels
   * compare.
   */
  async loseAndRestore(drawing: Drawing): Promise<{ works: boolean; redraws: number; found: Comparison }[]> {
    const mine = new SharedGl({ software: true });
    let redraws = 0;
    const renderer = createGlRenderer(() => redraws++, mine);
    const context = mine.canvas.getContext('webgl2')!;
    const extension = context.getExtension('WEBGL_lose_context')!;
    const expected = pixelsOf(reference, drawing);
    const report = (): { works: boolean; redraws: number; found: Comparison } => {
      const found = compare(expected, pixelsOf(renderer, drawing), drawing.width);
      return { works: mine.works, redraws, found };
    };
    const told = (type: string): Promise<unknown> =>
      new Promise((resolve) => mine.canvas.addEventListener(type, resolve, { once: true }));
    const before = report();
    const lost = told('webglcontextlost');
    extension.loseContext();
    const atOnce = report();
    await lost;
    const afterLoss = report();
    const restored = told('webglcontextrestored');
    // The context can be restored only after the event of the loss has been handled.
    await new Promise((resolve) => setTimeout(resolve, 0));
    extension.restoreContext();
    await restored;
    return [before, atOnce, afterLoss, report()];
  },
  /** The picture in a browser without WebGL2. */
  withoutWebGl(drawing: Drawing): { works: boolean; found: Comparison } {
    const prototype = HTMLCanvasElement.prototype as unknown as {
      getContext(this: HTMLCanvasElement, kind: string, ...rest: unknown[]): unknown;
    };
    const { getContext } = prototype;
    prototype.getContext = function (kind, ...rest) {
      return kind === 'webgl2' ? null : getContext.call(this, kind, ...rest);
    };
    try {
      const none = new SharedGl({ software: true });
      const found = compare(
        pixelsOf(reference, drawing),
        pixelsOf(
          createGlRenderer(() => undefined, none),
          drawing,
        ),
        drawing.width,
      );
      return { works: none.works, found };
    } finally {
      prototype.getContext = getContext;
    }
  },
  /** Milliseconds of each draw. The pixels are read back only at the end. */
  time(kind: 'gl' | 'canvas', drawing: Drawing, frames: number): number[] {
    const renderer = kind === 'gl' ? own : reference;
    const tiles = tilesOf(drawing.level, drawing.values);
    const colorMap = createColorMap(drawing.color, drawing.theme);
    renderer.resize(drawing.width, drawing.height);
    const times: number[] = [];
    for (let i = 0; i < frames; i++) {
      const shift = i * 0.37;
      const { x0, x1, y0, y1 } = drawing.viewport;
      const begin = performance.now();
      renderer.draw({
        viewport: { x0: x0 + shift, x1: x1 + shift, y0: y0 + shift, y1: y1 + shift },
        rows: ROWS,
        columns: COLUMNS,
        tiles,
        colorMap,
      });
      renderer.canvas.getContext('2d')!.getImageData(0, 0, 1, 1);
      times.push(performance.now() - begin);
    }
    return times;
  },
};
