/** The renderer that draws with WebGL2 if it works, and with the rasteriser otherwise or after the context is lost. */

import { RasterPainter } from '../shared/heatmap/canvasRenderer';
import type { Renderer } from '../shared/heatmap/renderer';
import { sharedGl } from './sharedGl';
import type { SharedGl } from './sharedGl';

/** `changed` is called when the picture has to be redrawn because the GPU was lost or came back. */
export function createGlRenderer(changed: () => void, gl: SharedGl = sharedGl()): Renderer {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  const raster = new RasterPainter();
  const unsubscribe = gl.onChange(changed);
  return {
    canvas,
    resize(width, height) {
      if (canvas.width === width && canvas.height === height) return;
      canvas.width = width;
      canvas.height = height;
    },
    draw(scene) {
      if (!context) return;
      if (gl.paint(scene, context)) raster.clear();
      else raster.paint(scene, context);
    },
    dispose() {
      unsubscribe();
      raster.clear();
      canvas.width = 0;
      canvas.height = 0;
    },
  };
}
