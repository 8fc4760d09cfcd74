import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { useWindow } from './window';
import { workspaceFile } from './workbench';

describe('the list of adapters', () => {
  const workbench = useWindow();
  /** A folder beside the workspace, so that folders can be moved between the two. */
  let outside: string;
  before(() => (outside = mkdtempSync(`${workspaceFile('.').replace(/[\\/]+\.?$/, '')}-outside-`)));
  after(() => {
    rmSync(outside, { recursive: true, force: true });
    rmSync(workspaceFile('moved-here'), { recursive: true, force: true });
  });

  it('gains and loses the adapters of a folder that is moved as a whole', async () => {
    cpSync(path.resolve('test/fixtures/adapters/loha'), path.join(outside, 'runs/moved-lora'), { recursive: true });
    await workbench().showSideBar();
    const row = (name: string) => workbench().page.locator('.sidebar .monaco-list-row', { hasText: name }).first();
    await row('gpt-neo-movies-lora').waitFor();
    renameSync(path.join(outside, 'runs'), workspaceFile('moved-here'));
    await row('moved-lora').waitFor();
    renameSync(workspaceFile('moved-here'), path.join(outside, 'runs'));
    await row('moved-lora').waitFor({ state: 'detached' });
  });
});
