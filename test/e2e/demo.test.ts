import { strict as assert } from 'node:assert';
import type { Frame } from 'playwright-core';
import { useWindow } from './window';
import { eventually } from './workbench';

describe('the demo', () => {
  const workbench = useWindow();

  const runDemo = async (): Promise<Frame> => {
    await workbench().runCommand('PEFT: Run Demo');
    const view = await workbench().webviewFrame('inspector');
    await view.getByRole('tab', { name: 'LoRA' }).waitFor();
    return view;
  };

  it('shows a layer of each method', async () => {
    const view = await runDemo();
    for (const name of ['LoRA', 'Adapter', 'Prefix', 'Prompt']) {
      await view.getByRole('tab', { name, exact: true }).click();
      await view.getByRole('tab', { name, exact: true, selected: true }).waitFor();
      await eventually(`${name} is drawn`, async () => (await view.getByRole('application').count()) > 0);
    }
  });

  it('reports a script that cannot be loaded, and loads it at the second attempt', async () => {
    const view = await runDemo();
    await view.evaluate(() => {
      document.head.appendChild = <T extends Node>(script: T): T => {
        setTimeout(() => script.dispatchEvent(new Event('error')), 0);
        return script;
      };
    });
    await view.getByRole('tab', { name: 'Adapter' }).click();
    await view.getByRole('alert').getByText('Adapter cannot be shown').waitFor();
    await view.evaluate(() => void Reflect.deleteProperty(document.head, 'appendChild'));
    await view.getByRole('button', { name: 'Try again' }).click();
    await view.getByRole('application', { name: /rows/ }).first().waitFor();
  });

  it('trains every method: each tab has the step slider, and says what one sees before the first step', async () => {
    const view = await runDemo();
    for (const name of ['LoRA', 'Adapter', 'Prefix', 'Prompt']) {
      await view.getByRole('tab', { name, exact: true }).click();
      await view.getByRole('tab', { name, exact: true, selected: true }).waitFor();
      const slider = view.getByRole('slider', { name: 'Training step' });
      await slider.press('Home');
      await view.getByText(/^Step 0: .*gradient/).waitFor();
      await slider.press('End');
      await view.getByText(/^step [1-9]\d* of \d+/).waitFor();
      await view.getByText(/It trains towards/).waitFor();
      assert.equal(await view.getByText(/^Step 0: /).isVisible(), false, name);
    }
  });

  it('starts with B = 0, and shows B and the product change with the step', async () => {
    const view = await runDemo();
    const slider = view.getByRole('slider', { name: 'Training step' });
    await slider.waitFor();
    await slider.press('Home');
    await view.getByText(/^step 0 of \d+/).waitFor();
    const b = view.getByRole('application', { name: /^B\b/ });
    const valueOfB = async (): Promise<number> => {
      await b.focus();
      await b.press('Home');
      await b.press('ArrowRight');
      await b.press('ArrowLeft');
      const text = await eventually('the status line tells a cell', async () => {
        const value = await view
          .locator('.cell-status strong')
          .first()
          .innerText({ timeout: 1000 })
          .catch(() => '');
        return /\d/.test(value) && value;
      });
      return Number(text);
    };
    assert.equal(await valueOfB(), 0);
    await slider.press('End');
    await view.getByText(/^step [1-9]\d* of \d+/).waitFor();
    await eventually('B has left zero', async () => (await valueOfB()) !== 0);
  });
});
