/** The browser's clock for animations. */

import type { FrameClock } from './glide';
import { prefersReducedMotion } from './theme';

export const BROWSER_FRAMES: FrameClock = {
  now: () => performance.now(),
  request: (frame) => requestAnimationFrame(frame),
  cancel: (handle) => cancelAnimationFrame(handle),
  reducedMotion: prefersReducedMotion,
};
