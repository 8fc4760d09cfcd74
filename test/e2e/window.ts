import type { Workbench } from './workbench';
import { launch, pictureOfFailure } from './workbench';

// Each test file is a bundle with its own copy of this module, so the shared window is stored on the process.
const shared = globalThis as typeof globalThis & { peftWindow?: Workbench | undefined };

/**
 * Gives every test of a suite a window without editors: the previous tests' window, or a new one after a failure. A
 * test fails if it leaves an error in one of our pages.
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

// Runs outside of any suite, after all of them.
after(closeWindow);
