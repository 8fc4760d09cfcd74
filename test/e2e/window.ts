import type { Workbench } from './workbench';
import { launch, pictureOfFailure } from './workbench';

/**
 * Gives a mocha suite one window, and every test of it a window without editors. A test that leaves an error in a page of ours behind fails.
 */
export function useWindow(): () => Workbench {
  let workbench: Workbench | undefined;
  const current = (): Workbench => {
    if (!workbench) throw new Error('the window is open in tests only');
    return workbench;
  };
  before(async () => {
    workbench = await launch();
  });
  afterEach(async function () {
    await pictureOfFailure(workbench, this.currentTest);
    const errors = current().errors.splice(0);
    await current().closeAllEditors();
    if (errors.length > 0) throw new Error(`errors in our pages:\n${errors.join('\n')}`);
  });
  after(async () => {
    await workbench?.close();
    workbench = undefined;
  });
  return current;
}
