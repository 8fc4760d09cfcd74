import { strict as assert } from 'node:assert';
import { useWindow } from './window';

describe('adapter_config.json in the editor', () => {
  const workbench = useWindow();

  it('takes its settings to the calculator when the lens above it is clicked', async () => {
    await workbench().openFile('gpt-neo-movies-lora/adapter_config.json');
    const { page } = workbench();
    await page.locator('.codelens-decoration a', { hasText: '294,912 trainable parameters' }).click();
    const view = await workbench().webviewFrame('calculator');
    await view.getByText('294,912').first().waitFor();
    assert.equal(await view.getByLabel('Rank', { exact: true }).inputValue(), '8');
    assert.equal(await view.getByLabel('Alpha', { exact: true }).inputValue(), '16');
    const model = view.getByRole('combobox', { name: 'Model' }).locator('option:checked');
    assert.equal(await model.textContent(), 'gpt-neo-125M (EleutherAI/gpt-neo-125M)');
    // The next tests find the calculator as they expect it.
    await view.getByRole('combobox', { name: 'Model' }).selectOption({ label: 'Llama-2-7B' });
  });
});
