import { ADAPTER } from './sampleAdapter';
import { useWindow } from './window';

describe('a fresh window', () => {
  const workbench = useWindow();

  it('opens the sample adapter in the inspector, not as text', async () => {
    await workbench().openFile(ADAPTER);
    await workbench().webviewFrame('inspector');
  });

  it('shows the PEFT container with the calculator and the adapters of the workspace', async () => {
    await workbench().showSideBar();
    const sideBar = workbench().page.locator('.sidebar');
    await sideBar.locator('.pane-header', { hasText: 'Parameter Calculator' }).waitFor();
    await sideBar.locator('.pane-header', { hasText: 'Adapters' }).waitFor();
    await sideBar.locator('.monaco-list-row', { hasText: 'gpt-neo-movies-lora' }).waitFor();
  });
});
