import { strict as assert } from 'node:assert';
import { cpSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { violationsIn } from './axe';
import { useWindow } from './window';
import { workspaceFile } from './workbench';

/** What numpy says of the second module. */
const [, { outAngle }] = JSON.parse(readFileSync('test/fixtures/base/expected.json', 'utf8')) as [
  unknown,
  { readonly outAngle: number },
];

describe('the comparison with the base', () => {
  const workbench = useWindow();
  before(() => cpSync(path.resolve('test/fixtures/base'), workspaceFile('checks/base'), { recursive: true }));

  it('is offered, finds the base that the config names, and colours the grid by it', async () => {
    await workbench().openFile('checks/base/adapter/adapter_model.safetensors');
    const view = await workbench().webviewFrame('inspector');
    const picker = view.getByRole('combobox', { name: 'Colour the modules by' });
    await view.locator('button.cell').first().waitFor();
    assert.doesNotMatch(await picker.innerText(), /angle to W/);
    await view.getByRole('button', { name: 'Compare with the base' }).press('Enter');
    await view.getByText('Compared with model/model.safetensors, which lacks 1 of 4 modules').waitFor();
    assert.equal(await picker.inputValue(), 'weightShare');
    await picker.selectOption('outAngle');
    const cell = view.locator('button.cell[aria-label*="h.0.attn.c_proj"]');
    await cell.getByText(outAngle.toFixed(2)).waitFor();
    assert.deepEqual(await violationsIn(view), []);
    await cell.click();
    await view.getByText(`${outAngle.toFixed(1)}° (chance`).waitFor();
  });
});
