/** The browser's frames. No other file of the pages requests them. */

import type { FrameClock } from './glide';
import { prefersReducedMotion } from './theme';

export const BROWSER_FRAMES: FrameClock = {
  now: () => performance.now(),
  request: (frame) => requestAnimationFrame(frame),
  cancel: (handle) => cancelAnimationFrame(handle),
  reducedMotion: prefersReducedMotion,
};

/** Calls back once the next frame is on the screen. */
export function afterNextFrame(run: () => void): void {
  BROWSER_FRAMES.request(() => BROWSER_FRAMES.request(run));
}
