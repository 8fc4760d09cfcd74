/** An SVG that is redrawn at the width it gets, so that its text keeps its size. */

import { select } from 'd3';
import type { Selection } from 'd3';

export type Canvas = Selection<SVGSVGElement, unknown, null, undefined>;

export interface Chart {
  readonly element: SVGSVGElement;
  redraw(): void;
  dispose(): void;
}

/** `height` in CSS px. `draw` starts from an empty SVG each time. */
export function chart(
  className: string,
  height: number,
  draw: (svg: Canvas, width: number, height: number) => void,
): Chart {
  const svg = select(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
  svg.attr('class', `chart ${className}`).attr('role', 'img').attr('height', height);
  const element = svg.node() as SVGSVGElement;
  let width = 0;
  const redraw = (): void => {
    if (width < 40) return;
    svg.attr('viewBox', `0 0 ${width} ${height}`).selectChildren().remove();
    draw(svg, width, height);
  };
  const observer = new ResizeObserver(([entry]) => {
    const now = Math.floor(entry?.contentRect.width ?? 0);
    if (now === width) return;
    width = now;
    redraw();
  });
  observer.observe(element);
  return { element, redraw, dispose: () => observer.disconnect() };
}

/** Straight lines between points, (x, y) each in px. d3's own path generator brings every curve it has, 16 KB. */
export function linePath(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(2)},${y.toFixed(2)}`).join('');
}
