/** A disk that fills while a matrix is saved. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Frame } from 'playwright-core';
import { eventually } from '../e2e/workbench';
import type { Workbench } from '../e2e/workbench';
import { GOOD, goodOpens, writeAdapter } from './goodAdapter';
import { writeSafetensors } from './safetensors';
import { FILE_GROWTH, NotTriedError, OPEN_FILES } from './scenario';
import type { Scenario, Scene } from './scenario';

const DISK = 'small-disk';
/** A matrix of 4 MB of values needs 4 MB as NPY, and more as CSV. */
const DISK_BYTES = 2 ** 20;
const SIDE = 1024;
const SETTLE_MS = 500;
const OLD = 'what was saved before';

async function save({ page }: Workbench, view: Frame, format: 'CSV' | 'NPY', target: string): Promise<void> {
  await view.getByRole('application').first().click({ button: 'right' });
  await view.getByRole('menuitem', { name: `Export Matrix as ${format}` }).click();
  const input = page.locator('.quick-input-widget input[type="text"]').first();
  await input.waitFor();
  // The dialog writes the suggested name a moment after it appears, also over another one.
  await eventually('the dialog holds the path', async () => {
    await input.fill(target);
    await page.waitForTimeout(SETTLE_MS);
    return (await input.inputValue()) === target;
  });
  await input.press('Enter');
  // The dialog asks before it replaces a file.
  const replace = page
    .locator('.quick-input-widget a.monaco-button, .monaco-dialog-box a.monaco-button')
    .filter({ hasText: /yes|replace|ok/i });
  await replace.first().click();
}

async function saveOnFullDisk({ workbench, folder }: Scene): Promise<string> {
  const disk = path.join(folder, DISK);
  await workbench.openFile('1-large/model.safetensors');
  const view = await workbench.webviewFrame('inspector');
  await view.getByRole('application').first().waitFor();
  await workbench.heatmapsRead();
  for (const format of ['CSV', 'NPY'] as const) {
    const target = path.join(disk, `saved.${format.toLowerCase()}`);
    writeFileSync(target, OLD);
    await save(workbench, view, format, target);
    await view
      .getByText(/ENOSPC|no space|disk is full/i)
      .first()
      .waitFor();
    if (readFileSync(target, 'utf8') !== OLD) throw new Error(`${format}: the file that was there is damaged`);
  }
  // The message about the CSV file may still be shown while the NPY file is written.
  await eventually('only the files of before are left', async () => {
    return readdirSync(disk).sort().join() === 'saved.csv,saved.npy';
  });
  for (const name of readdirSync(disk))
    if (readFileSync(path.join(disk, name), 'utf8') !== OLD) throw new Error(`${name} is damaged`);
  await goodOpens(workbench);
  return 'on a tmpfs of 1 MB';
}

export const fullDisk: Scenario = {
  name: 'full-disk',
  attack: 'a disk that fills while a matrix is saved as CSV and as NPY',
  limits: { seconds: 60, growth: FILE_GROWTH, openFiles: OPEN_FILES },
  write(folder) {
    writeAdapter(path.join(folder, GOOD));
    const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i));
    writeSafetensors(path.join(folder, '1-large/model.safetensors'), [{ name: 'w', shape: [SIDE, SIDE], values }]);
    mkdirSync(path.join(folder, DISK));
  },
  async act(scene) {
    const disk = path.join(scene.folder, DISK);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'none', disk], { stdio: 'ignore' });
    } catch {
      throw new NotTriedError('a small disk can be mounted by root on Linux only');
    }
    try {
      return await saveOnFullDisk(scene);
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  },
};
