import { strict as assert } from 'node:assert';
import type { Frame } from 'playwright-core';
import { useWindow } from './window';

const CONFIG = 'gpt-neo-movies-lora/adapter_config.json';
/** The settings and targets of the sample adapter on the model of the sample workspace. */
const SAMPLE_LORA = '294,912';
const SAMPLE_MODEL = 'gpt-neo-125M (EleutherAI/gpt-neo-125M)';

describe('adapter_config.json in the editor', () => {
  const workbench = useWindow();

  const clickLens = (): Promise<void> =>
    workbench()
      .page.locator('.codelens-decoration a', { hasText: `${SAMPLE_LORA} trainable parameters` })
      .click();

  /** The contents of the view's fields, once its figures are those of the sample adapter. */
  const assertTaken = async (view: Frame): Promise<void> => {
    await view.getByText(SAMPLE_LORA).first().waitFor();
    assert.equal(await view.getByLabel('Rank', { exact: true }).inputValue(), '8');
    assert.equal(await view.getByLabel('Alpha', { exact: true }).inputValue(), '16');
    const model = view.getByRole('combobox', { name: 'Model' }).locator('option:checked');
    assert.equal(await model.textContent(), SAMPLE_MODEL);
  };

  const showCalculator = async (): Promise<Frame> => {
    await workbench().showSideBar();
    return workbench().webviewFrame('calculator');
  };

  // Later tests expect the calculator in its initial state.
  afterEach(async () => {
    const view = await showCalculator();
    await view.getByRole('combobox', { name: 'Model' }).selectOption({ label: 'Llama-2-7B' });
  });

  it('opens its settings in the calculator when the lens above it is clicked', async () => {
    await workbench().hideSideBar();
    await workbench().openFile(CONFIG);
    await clickLens();
    await assertTaken(await workbench().webviewFrame('calculator'));
  });

  it('opens them and its model in a calculator that shows others', async () => {
    const view = await showCalculator();
    await view.getByRole('combobox', { name: 'Model' }).selectOption({ label: 'Llama-2-7B' });
    await view.getByLabel('Rank', { exact: true }).fill('32');
    await view.getByText('16,777,216').first().waitFor();
    await workbench().openFile(CONFIG);
    await clickLens();
    await assertTaken(view);
  });
});
