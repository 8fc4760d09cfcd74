import { strict as assert } from 'node:assert';
import type { Frame } from 'playwright-core';
import { useWindow } from './window';

/** Llama-2-7B, rank 8 on q and v: 32 layers x 2 modules x 8 x (4096 + 4096). */
const REFERENCE_LORA = '4,194,304';

describe('the parameter calculator', () => {
  const workbench = useWindow();

  const openCalculator = async (): Promise<Frame> => {
    await workbench().showSideBar();
    const view = await workbench().webviewFrame('calculator');
    await view.getByRole('combobox', { name: 'Model' }).selectOption({ label: 'Llama-2-7B' });
    return view;
  };

  it('counts the reference case as the reference does', async () => {
    const view = await openCalculator();
    await view.getByRole('radio', { name: 'Reference formulas' }).check();
    await view.getByLabel('Rank', { exact: true }).fill('8');
    await view.getByText(REFERENCE_LORA).first().waitFor();
  });

  it('counts the exact shapes of the same case alike, since its q and v are square', async () => {
    const view = await openCalculator();
    await view.getByRole('radio', { name: 'Exact shapes' }).check();
    await view.getByLabel('Rank', { exact: true }).fill('8');
    await view.getByText(REFERENCE_LORA).first().waitFor();
  });

  it('counts again as the rank is typed, and marks an invalid rank', async () => {
    const view = await openCalculator();
    const rank = view.getByLabel('Rank', { exact: true });
    await rank.fill('16');
    await view.getByText('8,388,608').first().waitFor();
    await rank.fill('0');
    await view.locator('input[aria-invalid="true"]').waitFor();
    await rank.fill('8');
    await view.locator('input[aria-invalid="true"]').waitFor({ state: 'detached' });
  });

  it('keeps the typed values when the window is reloaded', async () => {
    const view = await openCalculator();
    await view.getByLabel('Rank', { exact: true }).fill('32');
    await view.getByText('16,777,216').first().waitFor();
    await workbench().reload();
    await workbench().showSideBar();
    const again = await workbench().webviewFrame('calculator');
    await again.getByText('16,777,216').first().waitFor();
    assert.equal(await again.getByLabel('Rank', { exact: true }).inputValue(), '32');
    await again.getByLabel('Rank', { exact: true }).fill('8');
    await again.getByText(REFERENCE_LORA).first().waitFor();
  });
});

describe('the comparison', () => {
  const workbench = useWindow();

  it('opens as an editor for the picked model', async () => {
    await workbench().runCommand('PEFT: Compare Parameter Budgets');
    await workbench().pick('Llama-2-7B');
    const view = await workbench().webviewFrame('comparison');
    const figures = view.getByRole('region', { name: 'Figures' });
    await figures.getByText(REFERENCE_LORA).waitFor();
    for (const method of ['LoRA', 'Prefix', 'Prompt'])
      await figures
        .getByRole('rowheader', { name: new RegExp(method) })
        .first()
        .waitFor();
    assert.equal(await view.getByRole('alert').count(), 0);
  });

  it('takes a config.json of the workspace as a model', async () => {
    await workbench().runCommand('PEFT: Compare Parameter Budgets');
    await workbench().pick('gpt-neo-125M');
    const view = await workbench().webviewFrame('comparison');
    // Count of the sample adapter: 12 layers x 2 modules x 8 x (768 + 768).
    await view.getByRole('region', { name: 'Figures' }).getByText('294,912').waitFor();
    assert.equal(await view.getByRole('alert').count(), 0);
  });
});
