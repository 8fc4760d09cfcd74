/**
 * The interface that turns float tiles into pixels. WebGL2 (webview-ui/gl) and Canvas2D implement it with identical
 * pixels.
 */

import type { ColorMap } from '../colorMap';
import type { Viewport } from './types';

/** One channel of floats, and where its cells lie in the matrix. */
export interface PlacedTile {
  /** Column and row of the matrix at which the tile starts. */
  readonly column: number;
  readonly row: number;
  /** Entries of the matrix that a cell covers, across and down. */
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly width: number;
  readonly height: number;
  /** (height, width), row-major. Renderers cache by this array: the same array always holds the same values. */
  readonly values: Float32Array;
}

export interface Scene {
  readonly viewport: Viewport;
  readonly rows: number;
  readonly columns: number;
  /** Later tiles cover earlier ones. */
  readonly tiles: readonly PlacedTile[];
  readonly colorMap: ColorMap;
}

export interface Renderer {
  readonly canvas: HTMLCanvasElement;
  /** Both sizes are in device pixels. */
  resize(width: number, height: number): void;
  /** Pixels that no tile covers stay transparent. */
  draw(scene: Scene): void;
  dispose(): void;
}
