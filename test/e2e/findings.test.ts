import { strict as assert } from 'node:assert';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { f32Safetensors } from '../unit/f32Safetensors';
import { useWindow } from './window';
import { eventually } from './workbench';

const FOLDER = 'untrained-lora';
const MODULES = ['layers.0.q_proj', 'layers.1.q_proj'] as const;
/** B of this module is zero. */
const UNTRAINED = MODULES[1];

function adapter(): Buffer {
  const shapes = Object.fromEntries(
    MODULES.flatMap((module) => [
      [`base_model.model.${module}.lora_A.weight`, [2, 12]],
      [`base_model.model.${module}.lora_B.weight`, [10, 2]],
    ]),
  );
  return f32Safetensors(shapes, (name, i) =>
    name.includes(`${UNTRAINED}.lora_B`) ? 0 : Math.sin(i * i + name.length),
  );
}

describe('the findings in the inspector', () => {
  const workbench = useWindow();
  const folder = (): string => path.join(process.env['PEFT_E2E_WORKSPACE'] ?? '', FOLDER);
  before(() => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(path.join(folder(), 'adapter_model.safetensors'), adapter());
    const config = { peft_type: 'LORA', r: 2, lora_alpha: 4, target_modules: ['q_proj'] };
    writeFileSync(path.join(folder(), 'adapter_config.json'), JSON.stringify(config));
  });
  after(() => rmSync(folder(), { recursive: true, force: true }));

  it('stand in one banner, mark the grid, lead to the module, and badge the file', async () => {
    await workbench().openFile(`${FOLDER}/adapter_model.safetensors`);
    const view = await workbench().webviewFrame('inspector');
    const banner = view.getByRole('region', { name: 'Findings' });
    await banner.getByText('88 values read', { exact: true }).waitFor();
    const toggle = banner.getByRole('button', { name: '1 error', expanded: false });
    const cell = view.locator(`button.cell.marked.error[aria-label^="${UNTRAINED}"]`);
    await cell.waitFor();
    assert.match((await cell.getAttribute('aria-description')) ?? '', /^error: 1 of 2 modules change nothing/);
    assert.equal(await view.locator('button.cell.marked').count(), 1);
    await toggle.focus();
    await toggle.press('Enter');
    const item = banner.getByRole('listitem').filter({ hasText: '1 of 2 modules change nothing' });
    await item.getByText(/B starts at zero/).waitFor();
    await banner.getByText('Not checked').waitFor();
    await banner.getByRole('button', { name: UNTRAINED }).first().click();
    await view.getByRole('tab', { name: 'LoRA', selected: true }).waitFor();
    const chosen = view.getByRole('combobox', { name: 'Module' }).locator('option:checked');
    await eventually('the untrained module is shown', async () => (await chosen.innerText()).includes('1.q_proj'));
    await workbench().showSideBar();
    const row = workbench().page.locator('.monaco-list-row', { hasText: FOLDER }).filter({ hasText: '1 error' });
    await row.first().waitFor();
  });
});
