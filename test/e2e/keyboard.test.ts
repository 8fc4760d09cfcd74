import { strict as assert } from 'node:assert';
import { violationsIn } from './axe';
import { ADAPTER } from './sampleAdapter';
import { useWindow } from './window';
import { eventually } from './workbench';

describe('the keyboard', () => {
  const workbench = useWindow();

  it('stays in the page when Enter opens a module of the grid', async () => {
    await workbench().openFile(ADAPTER);
    const view = await workbench().webviewFrame('inspector');
    const cell = view.locator('button.cell').first();
    await cell.focus();
    await cell.press('Enter');
    await view.getByRole('tab', { name: 'LoRA', selected: true }).waitFor();
    await eventually('a matrix has the focus', () =>
      view.evaluate(() => document.activeElement?.role === 'application'),
    );
  });

  it("opens the list of keys with '?', and closes it with Escape", async () => {
    await workbench().openFile(ADAPTER);
    const view = await workbench().webviewFrame('inspector');
    await view.locator('button.cell').first().press('?');
    const dialog = view.getByRole('dialog', { name: 'Keys' });
    await dialog.waitFor();
    assert.deepEqual(await violationsIn(view), []);
    await dialog.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });
});
