/** The renderer for any machine: it puts the rasteriser's pixels on a 2D canvas. */

import { rasterise, TileColors } from './raster';
import type { PixelBuffer } from './raster';
import type { Renderer, Scene } from './renderer';

export function createCanvasRenderer(): Renderer {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  const painter = new RasterPainter();
  return {
    canvas,
    resize(width, height) {
      if (canvas.width === width && canvas.height === height) return;
      canvas.width = width;
      canvas.height = height;
    },
    draw(scene) {
      if (context) painter.paint(scene, context);
    },
    dispose() {
      painter.clear();
      canvas.width = 0;
      canvas.height = 0;
    },
  };
}

/** Keeps the pixel buffer of one canvas between draws. */
export class RasterPainter {
  private readonly colors = new TileColors();
  private kept: { readonly image: ImageData; readonly buffer: PixelBuffer } | null = null;

  /** Draws over the whole canvas of the context. */
  paint(scene: Scene, context: CanvasRenderingContext2D): void {
    const { width, height } = context.canvas;
    if (width === 0 || height === 0) return;
    if (this.kept?.buffer.width !== width || this.kept.buffer.height !== height) {
      const image = new ImageData(width, height);
      this.kept = { image, buffer: { width, height, pixels: new Uint32Array(image.data.buffer) } };
    }
    rasterise(scene, this.kept.buffer, this.colors);
    context.putImageData(this.kept.image, 0, 0);
  }

  clear(): void {
    this.kept = null;
  }
}
