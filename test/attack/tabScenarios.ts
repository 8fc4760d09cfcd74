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
/** Pixels of ten rows. */
const ROWS_OF_WHEEL = 220;

/** Files in the root, where the explorer lists them, with weights that take a while to read. */
function writeFiles(folder: string, count: number): void {
  writeAdapter(path.join(folder, GOOD));
  for (let i = 0; i < count; i++) {
    const pair = loraPairs(['transformer.h.0.attn.attention.q_proj']);
    const large = { name: 'model.large', shape: [4096, 4096] };
    writeSafetensors(path.join(folder, fileName(i)), [...pair, large]);
  }
}

const fileName = (index: number): string => `w${String(index).padStart(2, '0')}.safetensors`;

/** Clicks every file in the explorer, without waiting for what it opens. */
async function openAll({ page }: Workbench): Promise<void> {
  const explorer = page.locator('.explorer-folders-view');
  // A click on the icon of a visible view hides it.
  if (!(await explorer.isVisible())) await page.locator('.activitybar [aria-label^="Explorer"]').first().click();
  for (let i = 0; i < TABS; i++) {
    const row = explorer.locator('.monaco-list-row', { hasText: fileName(i) });
    // The explorer renders only the rows in view.
    await eventually(`the explorer shows ${fileName(i)}`, async () => {
      if ((await row.count()) > 0) return true;
      await explorer.hover();
      await page.mouse.wheel(0, i === 0 ? -TABS * ROWS_OF_WHEEL : ROWS_OF_WHEEL);
      return false;
    });
    await row.click();
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
      await openAll(workbench);
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
