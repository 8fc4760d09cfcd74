import { strict as assert } from 'node:assert';
import type { Workbench } from './workbench';
import { launch, pictureOfFailure } from './workbench';

describe('a fresh window', () => {
  let workbench: Workbench | undefined;
  afterEach(async function () {
    await pictureOfFailure(workbench, this.currentTest);
    await workbench?.close();
    workbench = undefined;
  });

  it('shows the PEFT container with the calculator and the adapters of the workspace', async () => {
    workbench = await launch();
    await workbench.showSideBar();
    const { page } = workbench;
    await page.locator('.sidebar .pane-header', { hasText: 'Parameter Calculator' }).waitFor();
    await page.locator('.sidebar .pane-header', { hasText: 'Adapters' }).waitFor();
    await page.locator('.sidebar .monaco-list-row', { hasText: 'gpt-neo-movies-lora' }).waitFor();
    assert.deepEqual(workbench.errors, []);
  });

  it('opens the sample adapter in the inspector, not as text', async () => {
    workbench = await launch();
    await workbench.openFile('gpt-neo-movies-lora/adapter_model.safetensors');
    await workbench.webviewFrame('inspector');
    assert.deepEqual(workbench.errors, []);
  });
});
