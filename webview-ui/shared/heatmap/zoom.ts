/** Turns the gestures of d3-zoom (wheel, drag, pinch and touch) into moves of a camera. */

import { select, zoom, zoomIdentity } from 'd3';
import type { D3ZoomEvent, ZoomTransform } from 'd3';
import type { Camera } from './camera';
import { panViewport, zoomViewport } from './viewport';

/** Returns a function that detaches the gestures. */
export function attachZoom(element: HTMLElement, camera: Camera): () => void {
  let last: ZoomTransform = zoomIdentity;
  const gestures = zoom<HTMLElement, unknown>()
    .filter((event: WheelEvent | MouseEvent | TouchEvent) => accepts(event, camera))
    // A grabbed matrix must not slip away under the pointer.
    .on('start', () => camera.settle())
    .on('zoom', ({ transform }: D3ZoomEvent<HTMLElement, unknown>) => {
      follow(camera, last, transform);
      last = transform;
    })
    // The camera has the view; the transform only measures a gesture. It starts at the identity each time, so that its
    // numbers stay small and a view set from elsewhere needs no conversion.
    .on('end', function () {
      last = zoomIdentity;
      (this as HTMLElement & { __zoom?: ZoomTransform }).__zoom = zoomIdentity;
    });
  const selection = select(element);
  selection.call(gestures).on('dblclick.zoom', null);
  const pan = (event: WheelEvent): void => panByWheel(event, camera);
  element.addEventListener('wheel', pan, { passive: false });
  return () => {
    selection.on('.zoom', null);
    element.removeEventListener('wheel', pan);
  };
}

/** A horizontal swipe on a touchpad, or a wheel with Shift, scrolls. Any other wheel event zooms. */
function isSideways(event: WheelEvent): boolean {
  return !event.ctrlKey && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY));
}

function accepts(event: WheelEvent | MouseEvent | TouchEvent, { zoomable, whole }: Camera): boolean {
  if (!zoomable.x && !zoomable.y) return false;
  if (event instanceof WheelEvent) {
    // A view of the whole matrix cannot zoom out, so the page may scroll on.
    return !isSideways(event) && !(whole && event.deltaY > 0);
  }
  if (event instanceof MouseEvent) return event.button === 0 && !event.ctrlKey;
  return true;
}

function panByWheel(event: WheelEvent, camera: Camera): void {
  if (!isSideways(event) || !camera.zoomable.x || camera.whole) return;
  event.preventDefault();
  const { target, plot, size } = camera;
  const distance = event.deltaX === 0 ? event.deltaY : event.deltaX;
  const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? distance * 16 : distance;
  camera.jumpTo(panViewport(target, { x: (pixels / plot.width) * (target.x1 - target.x0), y: 0 }, size));
}

function follow(camera: Camera, from: ZoomTransform, to: ZoomTransform): void {
  const { target: viewport, plot, size, zoomable } = camera;
  const ratio = to.k / from.k;
  // The gesture moves a point p, in pixels of the plot, to ratio * p + shift.
  const shift = { x: to.x - ratio * from.x, y: to.y - ratio * from.y };
  const perPixelX = (viewport.x1 - viewport.x0) / plot.width;
  const perPixelY = (viewport.y1 - viewport.y0) / plot.height;
  if (Math.abs(ratio - 1) < 1e-9) {
    const by = { x: zoomable.x ? -shift.x * perPixelX : 0, y: zoomable.y ? -shift.y * perPixelY : 0 };
    camera.jumpTo(panViewport(viewport, by, size));
    return;
  }
  // The point that stays in place: p = ratio * p + shift.
  const anchor = {
    x: viewport.x0 + (shift.x / (1 - ratio)) * perPixelX,
    y: viewport.y0 + (shift.y / (1 - ratio)) * perPixelY,
  };
  const factor = { x: zoomable.x ? ratio : 1, y: zoomable.y ? ratio : 1 };
  camera.jumpTo(zoomViewport(viewport, factor, anchor, size, plot));
}
