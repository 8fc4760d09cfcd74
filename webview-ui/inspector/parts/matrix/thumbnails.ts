/** Small multiples for comparing layers: one matrix per button, all on one colour scale. */

import { TILE_SIZE } from '../../../../src/protocol/matrix';
import type { Tile } from '../../../../src/protocol/matrix';
import { colorValues, createColorMap } from '../../../shared/colorMap';
import type { MatrixSource } from '../../../shared/heatmap/types';
import { onThemeChange, themeKind } from '../../../shared/theme';
import type { InspectorState, StateStore } from '../../data/state';
import { h, replace } from '../../../shared/element';

/** A row of up to about this many buttons stays an overview. The picker reaches deeper layers. */
export const MAX_THUMBNAILS = 64;

interface Thumbnail {
  readonly label: string;
  /** Matrices drawn one above the other. */
  readonly sources: readonly MatrixSource[];
}

interface Thumbnails {
  readonly element: HTMLElement;
  /** Reads and draws the matrices. A second call with the same key only marks the chosen one. Pictures stay until new ones arrive. */
  show(key: string, items: readonly Thumbnail[], chosen: number): void;
  dispose(): void;
}

export function thumbnails(store: StateStore, choose: (index: number) => void): Thumbnails {
  const element = h('div', { class: 'thumbnails', role: 'group', 'aria-label': 'Layers at a glance' });
  let shownKey = '';
  let buttons: HTMLButtonElement[] = [];
  let canvases: (readonly HTMLCanvasElement[])[] = [];
  const drawn = new Map<HTMLCanvasElement, Tile>();
  let controller = new AbortController();
  const paint = (): void => paintAll(drawn, store.get());

  function read(items: readonly Thumbnail[]): void {
    controller.abort();
    const mine = (controller = new AbortController());
    if (items.length !== buttons.length) layOut(items);
    items.forEach(({ sources }, index) =>
      sources.forEach((source, i) => {
        const canvas = canvases[index]![i]!;
        readOverview(source, mine.signal).then(
          (tile) => {
            if (mine.signal.aborted) return;
            drawn.set(canvas, tile);
            paint();
          },
          // The large picture of the same matrix shows the error.
          () => !mine.signal.aborted && canvas.classList.add('failed'),
        );
      }),
    );
  }

  function layOut(items: readonly Thumbnail[]): void {
    drawn.clear();
    canvases = items.map(({ sources }) => sources.map(() => h('canvas', { 'aria-hidden': 'true' })));
    buttons = items.map(({ label }, index) =>
      h(
        'button',
        { type: 'button', title: label, onclick: () => choose(index) },
        canvases[index],
        h('span', {}, label),
      ),
    );
    replace(element, buttons);
  }

  const stopTheme = onThemeChange(paint);
  const unsubscribe = store.subscribe((changed) => {
    if (changed.has('scheme') || changed.has('scale')) paint();
  });
  return {
    element,
    show(key, items, chosen) {
      element.hidden = items.length < 2;
      if (key !== shownKey) read(items.slice(0, MAX_THUMBNAILS));
      shownKey = key;
      buttons.forEach((button, index) => button.setAttribute('aria-pressed', String(index === chosen)));
    },
    dispose() {
      controller.abort();
      stopTheme();
      unsubscribe();
    },
  };
}

function readOverview(source: MatrixSource, signal: AbortSignal): Promise<Tile> {
  const level = Math.max(0, Math.ceil(Math.log2(Math.max(source.rows, source.columns) / TILE_SIZE)));
  return source.readTile({ level, tileX: 0, tileY: 0, reduction: 'maxAbs' }, signal);
}

function paintAll(drawn: ReadonlyMap<HTMLCanvasElement, Tile>, { scheme, scale }: InspectorState): void {
  const largestIn = (values: Float32Array, from: number): number =>
    values.reduce((largest, value) => (Math.abs(value) > largest ? Math.abs(value) : largest), from);
  const limit = [...drawn.values()].reduce((largest, { values }) => largestIn(values, largest), 0) || 1;
  const map = createColorMap({ scheme, scale, limit, reduction: 'maxAbs' }, themeKind());
  for (const [canvas, tile] of drawn) {
    canvas.width = tile.width;
    canvas.height = tile.height;
    const pixels = new Uint8ClampedArray(colorValues(tile.values, map).buffer as ArrayBuffer);
    canvas.getContext('2d')?.putImageData(new ImageData(pixels, tile.width, tile.height), 0, 0);
  }
}
