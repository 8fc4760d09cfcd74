/**
 * Draws tiles into a pixel buffer: each device pixel takes the colour of the cell that holds its centre. No DOM, so
 * that a test can compare every pixel, and any renderer, with it.
 */

import { colorValues } from '../colorMap';
import type { ColorMap } from '../colorMap';
import { cellAtStep, tileSteps } from './pixelSteps';
import type { PlacedTile, Scene } from './renderer';

export interface PixelBuffer {
  readonly width: number;
  readonly height: number;
  /** (height, width), row-major, as ImageData packs them. */
  readonly pixels: Uint32Array;
}

/** Colours of tiles, computed once per colour map and dropped along with the tile's values. */
export class TileColors {
  private readonly coloured = new WeakMap<Float32Array, { key: string; pixels: Uint32Array }>();

  of(tile: PlacedTile, map: ColorMap): Uint32Array {
    const known = this.coloured.get(tile.values);
    if (known?.key === map.key) return known.pixels;
    const pixels = colorValues(tile.values, map);
    this.coloured.set(tile.values, { key: map.key, pixels });
    return pixels;
  }
}

export function rasterise(scene: Scene, { width, height, pixels }: PixelBuffer, colors: TileColors): void {
  pixels.fill(0);
  const { tiles, colorMap } = scene;
  for (const tile of tiles) {
    const steps = tileSteps(scene, tile, width, height);
    if (!steps) continue;
    const { across, down } = steps;
    const columns = Int32Array.from({ length: across.count }, (_, i) => cellAtStep(across, i));
    const source = colors.of(tile, colorMap);
    let shown = -1;
    for (let i = 0; i < down.count; i++) {
      const target = (down.first + i) * width + across.first;
      const row = cellAtStep(down, i);
      // Neighbouring rows of pixels show the same cells in a zoomed view. A copy is many times faster than a lookup.
      if (row === shown) {
        pixels.copyWithin(target, target - width, target - width + across.count);
        continue;
      }
      shown = row;
      const begin = row * tile.width;
      for (let j = 0; j < columns.length; j++) pixels[target + j] = source[begin + (columns[j] as number)] as number;
    }
  }
}
