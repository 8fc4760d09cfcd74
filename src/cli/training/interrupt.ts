/** Cancels long work when the user presses Ctrl-C. A second Ctrl-C ends the process as usual. */

import { InterruptedError } from '../command';

/** @param work gets a signal that aborts with an InterruptedError. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new InterruptedError('interrupted; nothing was saved'));
  process.once('SIGINT', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop);
  }
}
