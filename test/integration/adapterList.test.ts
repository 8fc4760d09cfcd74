import { strict as assert } from 'node:assert';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { activeInput, closeAllEditors, deleteTemporaryFiles, eventually, temporaryFile } from './helpers';
import { adapterPages, recordWorkers } from './recordedWorkers';

recordWorkers();

const COUNT = 1100;
const PAGE_ROWS = 500;

/** Numbers of rows whose configs were read, of the pages since `first`. */
const pagesSince = (first: number): number[] =>
  adapterPages()
    .slice(first)
    .map(({ rows }) => rows.filter(({ facts }) => facts).length);

describe('the list of adapters', () => {
  before(async () => {
    const { fsPath } = await temporaryFile('many.txt', new Uint8Array());
    for (let i = 0; i < COUNT; i++) {
      // Sorted after the sample's own adapters.
      const folder = path.join(path.dirname(fsPath), `zz-run-${String(i).padStart(4, '0')}`);
      mkdirSync(folder);
      const config = { peft_type: 'LORA', r: 8, base_model_name_or_path: i === COUNT - 1 ? 'org/sought' : 'org/base' };
      writeFileSync(path.join(folder, 'adapter_config.json'), JSON.stringify(config));
    }
  });
  after(async () => {
    await vscode.commands.executeCommand('peft.filterAdapters', '');
    await deleteTemporaryFiles();
    await closeAllEditors();
    // The views would go on working while the delay of the host is measured.
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
  });

  it('shows a page of more than a thousand, more by its last row, and all to a filter', async () => {
    await vscode.commands.executeCommand('peft.adapters.focus');
    const first = adapterPages().length;
    await vscode.commands.executeCommand('peft.refreshAdapters');
    await eventually('one page is read', () => pagesSince(first).includes(PAGE_ROWS));

    const second = adapterPages().length;
    await eventually('the last row reads another page', async () => {
      await vscode.commands.executeCommand('peft.adapters.focus');
      await vscode.commands.executeCommand('list.focusLast');
      await vscode.commands.executeCommand('list.select');
      // A second click before the rows are drawn asks for one page more.
      return pagesSince(second).some((rows) => rows >= 2 * PAGE_ROWS);
    });

    await vscode.commands.executeCommand('peft.filterAdapters', 'org/sought lora');
    await eventually('the filter finds the only one that names the model', () => {
      const last = adapterPages().at(-1);
      return last?.matching === 1 && last.total >= COUNT && last.unchecked === 0;
    });
    const input = await eventually('the only row opens its config', async () => {
      await vscode.commands.executeCommand('peft.adapters.focus');
      await vscode.commands.executeCommand('list.focusFirst');
      await vscode.commands.executeCommand('list.select');
      return activeInput();
    });
    assert.ok(input instanceof vscode.TabInputText);
    assert.match(input.uri.path, new RegExp(`zz-run-${COUNT - 1}/adapter_config\\.json$`));
  });
});
