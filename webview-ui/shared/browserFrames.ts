/** The browser's frames: the one place of the pages that requests them. */

import type { FrameClock } from './glide';
import { prefersReducedMotion } from './theme';

export const BROWSER_FRAMES: FrameClock = {
  now: () => performance.now(),
  request: (frame) => requestAnimationFrame(frame),
  cancel: (handle) => cancelAnimationFrame(handle),
  reducedMotion: prefersReducedMotion,
};

/** Calls back once what is drawn in the next frame is on the screen, which is before the frame after it. */
export function afterNextFrame(run: () => void): void {
  BROWSER_FRAMES.request(() => BROWSER_FRAMES.request(run));
}
