/** Hatches the closed units in the heatmap of the activations, and frames units that are closed for every token. */

import { BROWSER_FRAMES } from '../../../shared/browserFrames';
import type { Heatmap } from '../../../shared/heatmap/heatmap';
import { Redraw } from '../../../shared/redraw';
import { onThemeChange, readPalette } from '../../../shared/theme';
import type { Gates } from '../../data/gates';

/** Spacing of the hatching in CSS px: fine enough for a cell of a few px. */
const HATCH_PX = 4;

interface GateOverlay {
  show(gates: Gates | null): void;
  dispose(): void;
}

export function gateOverlay(heatmap: Heatmap): GateOverlay {
  const plot = heatmap.element.querySelector('.heatmap-plot');
  const canvas = document.createElement('canvas');
  canvas.className = 'gate-overlay';
  plot?.append(canvas);
  let gates: Gates | null = null;
  const redraws = new Redraw(() => draw(canvas, heatmap, gates), BROWSER_FRAMES);
  const redraw = (): void => redraws.request();
  const observer = new ResizeObserver(redraw);
  observer.observe(canvas);
  const stop = [heatmap.on('drawn', redraw), onThemeChange(redraw)];
  return {
    show(now) {
      gates = now;
      redraw();
    },
    dispose() {
      redraws.cancel();
      observer.disconnect();
      for (const end of stop) end();
      canvas.remove();
    },
  };
}

function draw(canvas: HTMLCanvasElement, heatmap: Heatmap, gates: Gates | null): void {
  const { clientWidth, clientHeight } = canvas;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(clientWidth * scale);
  canvas.height = Math.round(clientHeight * scale);
  const context = canvas.getContext('2d');
  if (!context || !gates || clientWidth === 0) return;
  context.scale(scale, scale);
  const { x0, x1, y0, y1 } = heatmap.viewport;
  const width = clientWidth / (x1 - x0);
  const height = clientHeight / (y1 - y0);
  const cells = new Path2D();
  for (let token = Math.floor(y0); token < Math.min(y1, gates.tokens); token++) {
    for (let unit = Math.floor(x0); unit < Math.min(x1, gates.units); unit++) {
      if (gates.closed[token * gates.units + unit])
        cells.rect((unit - x0) * width, (token - y0) * height, width, height);
    }
  }
  const { foreground, accent } = readPalette(heatmap.element);
  hatch(context, cells, clientWidth, clientHeight, foreground);
  context.strokeStyle = accent;
  context.lineWidth = 2;
  for (const unit of gates.alwaysClosed) context.strokeRect((unit - x0) * width, 1, width, clientHeight - 2);
}

function hatch(context: CanvasRenderingContext2D, area: Path2D, width: number, height: number, color: string): void {
  context.save();
  context.clip(area);
  context.globalAlpha = 0.4;
  context.strokeStyle = color;
  context.lineWidth = 0.8;
  context.beginPath();
  for (let x = -height; x < width; x += HATCH_PX) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
}
