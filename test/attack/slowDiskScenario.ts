/** A workspace on a disk where every read takes 200 ms, as on a network drive. */

import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { commandOf } from '../e2e/extensionHost';
import { adapterConfig, GOOD, goodOpens, isListed, showsModules, writeAdapter } from './goodAdapter';
import { writeSafetensors } from './safetensors';
import { OPEN_FILES, WORKSPACE_GROWTH } from './scenario';
import type { Scenario, Scene } from './scenario';

const ADAPTERS = 40;
/** 400 MB that take minutes to read. */
const LARGE = [10_000, 10_000] as const;

async function actSlowly({ workbench, host }: Scene): Promise<string> {
  if (!commandOf(host).some((word) => word.endsWith('slowDisk.mjs')))
    throw new Error('the extension host was started without its slow disk');
  const started = Date.now();
  const took = (): string => ((Date.now() - started) / 1000).toFixed(1);
  await workbench.showSideBar();
  await isListed(workbench, new RegExp(`${GOOD}.*LORA, r = 4`));
  const listed = took();
  await showsModules(workbench, 'run-01');
  const opened = took();
  // A tab that is closed while its file is read holds up nothing.
  await workbench.openFile('large/model.safetensors');
  await workbench.closeAllEditors();
  await goodOpens(workbench);
  return `listed after ${listed} s, opened after ${opened} s, another after ${took()} s`;
}

export const slowDisk: Scenario = {
  name: 'slow-disk',
  attack: 'a workspace whose disk takes 200 ms for every read',
  needs: 'slowDisk',
  limits: { seconds: 90, growth: WORKSPACE_GROWTH, openFiles: OPEN_FILES },
  write(folder) {
    writeAdapter(path.join(folder, GOOD));
    for (let i = 0; i < ADAPTERS; i++)
      writeAdapter(path.join(folder, `run-${String(i).padStart(2, '0')}`), adapterConfig({ r: i + 1 }));
    mkdirSync(path.join(folder, 'large'));
    writeSafetensors(path.join(folder, 'large/model.safetensors'), [{ name: 'w', shape: LARGE }]);
  },
  act: actSlowly,
};
