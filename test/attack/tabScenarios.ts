/** Tabs that are opened, switched and closed faster than they load, for a minute and for a day. */

import * as path from 'node:path';
import { openFilesOf } from '../e2e/extensionHost';
import { eventually } from '../e2e/workbench';
import type { Workbench } from '../e2e/workbench';
import { GOOD, goodOpens, writeAdapter } from './goodAdapter';
import { loraPairs, writeSafetensors } from './safetensors';
import { FILE_GROWTH, OPEN_FILES } from './scenario';
import type { Scenario, Scene } from './scenario';

const TABS = 50;
/** A closed window of a file is released after late replies and the worker's own turn. */
const RELEASE_MS = 60_000;

/** Files in the root, so that the arrow keys of the explorer walk over them, with weights that take a while to scan. */
function writeFiles(folder: string, count: number): void {
  writeAdapter(path.join(folder, GOOD));
  for (let i = 0; i < count; i++) {
    const pair = loraPairs(['transformer.h.0.attn.attention.q_proj']);
    const large = { name: 'model.large', shape: [4096, 4096] };
    writeSafetensors(path.join(folder, `w${String(i).padStart(2, '0')}.safetensors`), [...pair, large]);
  }
}

/** Puts the focus of the keyboard on the first file of the explorer. */
async function focusFirstFile({ page }: Workbench): Promise<void> {
  await page.locator('.activitybar [aria-label^="Explorer"]').first().click();
  const first = page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'w00' }).first();
  await first.waitFor();
  // A click would open the file; the folder above it only takes the focus.
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: GOOD }).first().click();
  await page.keyboard.press('ArrowLeft');
}

/** Opens the next files of the explorer. The space bar leaves the focus in the explorer. */
async function openNext({ page }: Workbench, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
  }
}

async function openAndCloseFast({ workbench, host }: Scene): Promise<string> {
  // The first file starts the threads and loads the scripts, which keep files of their own open.
  await goodOpens(workbench);
  await workbench.closeAllEditors();
  const start = openFilesOf(host);
  let most = start;
  const timer = setInterval(() => (most = Math.max(most, openFilesOf(host))), 100);
  try {
    for (let round = 0; round < 2; round++) {
      await focusFirstFile(workbench);
      await openNext(workbench, TABS);
      await eventually(
        'all tabs are there',
        async () => (await workbench.page.locator('.tabs-container .tab').count()) >= TABS,
      );
      await workbench.closeAllEditors();
    }
    await eventually('the files are closed', async () => openFilesOf(host) <= start, RELEASE_MS).catch(() => {
      throw new Error(`${openFilesOf(host)} open files after all tabs are closed, ${start} before`);
    });
  } finally {
    clearInterval(timer);
  }
  await goodOpens(workbench);
  return `${start} open files before, at most ${most}, then again ${start} or fewer`;
}

export const fastTabs: Scenario = {
  name: 'fast-tabs',
  attack: `${TABS} tabs opened and closed faster than they load, twice`,
  limits: { seconds: 120, growth: FILE_GROWTH, openFiles: OPEN_FILES },
  write: (folder) => writeFiles(folder, TABS),
  act: openAndCloseFast,
};
