/** The renderer for any machine: the rasteriser's pixels, put on a 2D canvas. */

import { rasterise, TileColors } from './raster';
import type { PixelBuffer } from './raster';
import type { Renderer, Scene } from './renderer';

export function createCanvasRenderer(): Renderer {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  const colors = new TileColors();
  let image: ImageData | null = null;
  let buffer: PixelBuffer | null = null;
  return {
    canvas,
    resize(width, height) {
      if (image && canvas.width === width && canvas.height === height) return;
      canvas.width = width;
      canvas.height = height;
      image = new ImageData(width, height);
      buffer = { width, height, pixels: new Uint32Array(image.data.buffer) };
    },
    draw(scene: Scene) {
      if (!context || !image || !buffer) return;
      rasterise(scene, buffer, colors);
      context.putImageData(image, 0, 0);
    },
    dispose() {
      image = null;
      buffer = null;
      canvas.width = 0;
      canvas.height = 0;
    },
  };
}
