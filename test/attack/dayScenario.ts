/** A day of work as a script plays it: opens, closes, switches and edits, with the memory of the host over time. */

import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { memoryOf } from '../e2e/extensionHost';
import { eventually } from '../e2e/workbench';
import type { Workbench } from '../e2e/workbench';
import { adapterConfig, GOOD, goodOpens, writeAdapter } from './goodAdapter';
import { FILE_GROWTH, OPEN_FILES } from './scenario';
import type { Scenario, Scene } from './scenario';

const ACTIONS = 2000;
const REPORTS = 20;
const ADAPTERS = 12;
/** More tabs than people keep open are closed at once. */
const MAX_TABS = 15;
/** A click whose target is covered or gone is given up after this time and counted as not done. */
const STEP_MS = 3000;

const adapterName = (index: number): string => `run-${String(index).padStart(2, '0')}`;

type Action = (workbench: Workbench, folder: string, index: number) => Promise<void>;

const openAdapter: Action = async ({ page }, _, index) => {
  await page
    .locator('.sidebar .monaco-list-row', { hasText: adapterName(index % ADAPTERS) })
    .first()
    .click({ timeout: STEP_MS });
};

const openConfig: Action = (workbench, _, index) =>
  workbench.openFile(`${adapterName(index % ADAPTERS)}/adapter_config.json`);

const switchTab: Action = async ({ page }, _, index) => {
  const tabs = page.locator('.tabs-container .tab');
  const count = await tabs.count();
  if (count > 0) await tabs.nth(index % count).click({ timeout: STEP_MS });
};

const closeTab: Action = async ({ page }, _, index) => {
  const tabs = page.locator('.tabs-container .tab');
  const count = await tabs.count();
  if (count === 0) return;
  const tab = tabs.nth(index % count);
  await tab.click({ button: 'middle', timeout: STEP_MS });
};

/** Writes a config as another program would, so that lists and lenses follow. */
const editConfig: Action = async (_, folder, index) => {
  const file = path.join(folder, adapterName(index % ADAPTERS), 'adapter_config.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...config, lora_alpha: 1 + (index % 64) }));
};

/** Types into the config that is open, and takes the digits back. VS Code saves it, unless it has changed on the disk. */
const typeText: Action = async ({ page }) => {
  const line = page.locator('.editor-instance .view-line').first();
  if (!(await line.isVisible())) return;
  await line.click({ timeout: STEP_MS });
  await page.keyboard.press('End');
  await page.keyboard.type('12');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
};

const ACTS: readonly Action[] = [openAdapter, openConfig, switchTab, switchTab, closeTab, editConfig, typeText];

/** Answers the question about unsaved changes that closing a tab asks: while it is open, nothing else can be clicked. */
async function answerDialog({ page }: Workbench): Promise<void> {
  const answer = page.locator('.monaco-dialog-box .monaco-button', { hasText: "Don't Save" });
  if (await answer.isVisible()) await answer.click({ timeout: STEP_MS });
}

async function closeAll(workbench: Workbench): Promise<void> {
  const tabs = workbench.page.locator('.tabs-container .tab');
  if ((await tabs.count()) === 0) return;
  await workbench.runCommand('View: Close All Editors');
  await eventually('all editors are closed', async () => {
    await answerDialog(workbench);
    return (await tabs.count()) === 0;
  });
}

/** The same sequence in every run: the low bits of a linear congruential generator are not used. */
function* numbers(): Generator<number, never> {
  for (let state = 20_260_401; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 8;
  }
}

async function playDay({ workbench, folder, host }: Scene): Promise<string> {
  await workbench.showSideBar();
  await goodOpens(workbench);
  const random = numbers();
  const course: string[] = [];
  let missed = 0;
  for (let action = 0; action <= ACTIONS; action++) {
    if (action % (ACTIONS / REPORTS) === 0) {
      course.push((memoryOf(host).resident / 2 ** 20).toFixed(0));
      console.log(`  day: ${action} actions, ${course.at(-1)} MB`);
    }
    const act = ACTS[random.next().value % ACTS.length]!;
    // A tab may close while the pointer is on its way to it.
    await act(workbench, folder, random.next().value).catch(() => missed++);
    await answerDialog(workbench);
    if ((await workbench.page.locator('.tabs-container .tab').count()) > MAX_TABS) await closeAll(workbench);
  }
  await closeAll(workbench);
  if (missed > ACTIONS / 10) throw new Error(`${missed} of ${ACTIONS} actions could not be done`);
  await goodOpens(workbench);
  return `${course.join(', ')} MB every ${ACTIONS / REPORTS} actions, ${missed} not done`;
}

export const day: Scenario = {
  name: 'day',
  attack: `${ACTIONS.toLocaleString('en-US')} actions of a day: open, close, switch, edit`,
  onlyByName: true,
  limits: { seconds: 7200, growth: FILE_GROWTH, openFiles: OPEN_FILES },
  write(folder) {
    writeAdapter(path.join(folder, GOOD));
    for (let i = 0; i < ADAPTERS; i++)
      writeAdapter(path.join(folder, adapterName(i)), adapterConfig({ lora_alpha: i + 1 }));
  },
  act: playDay,
};
