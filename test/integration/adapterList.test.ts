import { strict as assert } from 'node:assert';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { activeInput, closeAllEditors, deleteTemporaryFiles, eventually, temporaryFile } from './helpers';
import { adapterScans, recordWorkers } from './recordedWorkers';

recordWorkers();

const COUNT = 1100;
const PAGE_ROWS = 500;

/** Numbers of configs that the scans since `first` read, the page's own first. */
const scansSince = (first: number): number[] =>
  adapterScans()
    .slice(first)
    .map(({ facts }) => facts.filter(Boolean).length);

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
    const first = adapterScans().length;
    await vscode.commands.executeCommand('peft.refreshAdapters');
    await eventually('one page is read', () => scansSince(first).includes(PAGE_ROWS));

    const second = adapterScans().length;
    await eventually('the last row reads another page', async () => {
      await vscode.commands.executeCommand('peft.adapters.focus');
      await vscode.commands.executeCommand('list.focusLast');
      await vscode.commands.executeCommand('list.select');
      return scansSince(second).includes(PAGE_ROWS);
    });

    await vscode.commands.executeCommand('peft.filterAdapters', 'org/sought lora');
    await eventually('all others are read for the filter', () => {
      const read = adapterScans().reduce((sum, { facts }) => sum + facts.filter(Boolean).length, 0);
      return read >= COUNT;
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
