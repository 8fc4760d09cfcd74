/** The harmless adapter beside every attack. It must be listed and open, whatever lies next to it. */

import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Frame } from 'playwright-core';
import { eventually } from '../e2e/workbench';
import type { Workbench } from '../e2e/workbench';
import { loraPairs, RANK, writeSafetensors } from './safetensors';

/** Sorts before the hostile folders, so that its row is on the screen. */
export const GOOD = '0-good';
export const WEIGHTS = 'adapter_model.safetensors';
/** A window on a hostile workspace may take this long for one step. A scenario has its own limit. */
const STEP_MS = 120_000;

export function adapterConfig(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    peft_type: 'LORA',
    base_model_name_or_path: 'EleutherAI/gpt-neo-125M',
    r: RANK,
    lora_alpha: 2 * RANK,
    target_modules: ['q_proj'],
    ...changes,
  });
}

const MODULES = [0, 1].map((layer) => `transformer.h.${layer}.attn.attention.q_proj`);

/** Writes an adapter. `config` replaces its config; `null` leaves it out. */
export function writeAdapter(
  folder: string,
  config: string | null = adapterConfig(),
  modules: readonly string[] = MODULES,
): void {
  mkdirSync(folder, { recursive: true });
  writeSafetensors(path.join(folder, WEIGHTS), loraPairs(modules));
  if (config !== null) writeFileSync(path.join(folder, 'adapter_config.json'), config);
}

/** Waits until the list of adapters shows a row with this text. */
export async function isListed({ page }: Workbench, text: string | RegExp): Promise<void> {
  await page.locator('.sidebar .monaco-list-row', { hasText: text }).first().waitFor({ timeout: STEP_MS });
}

/** Waits until the open text has a lens with this text. */
export async function aLensShows({ page }: Workbench, text: RegExp): Promise<void> {
  await page.locator('.codelens-decoration', { hasText: text }).first().waitFor({ timeout: STEP_MS });
}

/** Opens an adapter's weights, and waits until its modules are on the screen. */
export async function showsModules(workbench: Workbench, folder: string): Promise<Frame> {
  await workbench.openFile(`${folder}/${WEIGHTS}`);
  const view = await workbench.webviewFrame('inspector');
  await view.getByRole('table', { name: 'Modules by layer' }).waitFor({ timeout: STEP_MS });
  return view;
}

/** Opens the good adapter, and waits until the heatmaps of a module are drawn. */
export async function goodOpens(workbench: Workbench): Promise<void> {
  const view = await showsModules(workbench, GOOD);
  await view
    .getByRole('button', { name: /\.1\..*q_proj/ })
    .first()
    .click();
  await eventually('the factors and the product are drawn', async () => {
    return (await view.getByRole('application').count()) >= 3;
  });
  await workbench.heatmapsRead();
}
