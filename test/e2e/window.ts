import type { Workbench } from './workbench';
import { launch, pictureOfFailure } from './workbench';

// Each test file is a bundle of its own, with its own copy of this module; the window they share hangs on the process.
const shared = globalThis as typeof globalThis & { peftWindow?: Workbench | undefined };

/**
 * Gives every test of a suite a window without editors: the one the tests before left, or after a failure a new one.
 * A test fails that leaves an error in a page of ours behind.
 */
export function useWindow(): () => Workbench {
  const current = (): Workbench => {
    if (!shared.peftWindow) throw new Error('the window is open in tests only');
    return shared.peftWindow;
  };
  beforeEach(async () => {
    shared.peftWindow ??= await launch();
  });
  afterEach(async function () {
    const errors = current().errors.splice(0);
    if (this.currentTest?.state === 'failed' || errors.length > 0) {
      await pictureOfFailure(current(), this.currentTest);
      await closeWindow();
    } else {
      await current().closeAllEditors();
    }
    if (errors.length > 0) throw new Error(`errors in our pages:\n${errors.join('\n')}`);
  });
  return current;
}

async function closeWindow(): Promise<void> {
  const window = shared.peftWindow;
  shared.peftWindow = undefined;
  await window?.close();
}

// Outside of any suite: when all are through.
after(closeWindow);
