/** Files of weights with more tensors or metadata than a view can hold, and files that change while they are read. */

import { utimesSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { eventually } from '../e2e/workbench';
import type { Workbench } from '../e2e/workbench';
import { GOOD, goodOpens, WEIGHTS, writeAdapter } from './goodAdapter';
import { loraPairs, writeSafetensors } from './safetensors';
import { FILE_GROWTH, OPEN_FILES } from './scenario';
import type { Scenario } from './scenario';

const HOSTILE = '1-hostile';
/** The page of a file of this size may take a while; the scenario has its own limit. */
const STEP_MS = 120_000;

/** The file opens, or its page says which limit it exceeds. */
async function opensOrIsTooLarge(workbench: Workbench): Promise<string> {
  await workbench.openFile(`${HOSTILE}/${WEIGHTS}`);
  const view = await workbench.webviewFrame('inspector');
  return eventually(
    'the modules are shown, or the limit that the file exceeds',
    async () => {
      const [modules, text] = [view.getByRole('table', { name: 'Modules by layer' }), await view.innerText('#app')];
      // A failure of the program is no refusal.
      if (/stack|string length|heap|allocation/i.test(text)) throw new Error(text.replace(/\s+/g, ' ').slice(0, 200));
      return (await modules.count()) > 0 ? 'shown' : /more than|at most|limit/i.exec(text) && 'refused as too large';
    },
    STEP_MS,
  );
}

function manyTensors(count: number, seconds: number): Scenario {
  return {
    name: `tensors-${count}`,
    attack: `${count.toLocaleString('en-US')} further tensors beside one LoRA pair`,
    limits: { seconds, growth: FILE_GROWTH, openFiles: OPEN_FILES },
    write(folder) {
      writeAdapter(path.join(folder, GOOD));
      writeAdapter(path.join(folder, HOSTILE), undefined, []);
      const tensors = Array.from({ length: count }, (_, i) => ({ name: `t${i}`, shape: [1] }));
      const pair = loraPairs(['transformer.h.0.attn.attention.q_proj']);
      writeSafetensors(path.join(folder, HOSTILE, WEIGHTS), [...pair, ...tensors]);
    },
    async act({ workbench }) {
      const started = Date.now();
      const seen = await opensOrIsTooLarge(workbench);
      const took = ((Date.now() - started) / 1000).toFixed(1);
      await goodOpens(workbench);
      return `${seen} after ${took} s`;
    },
  };
}

export const tensors200k = manyTensors(200_000, 15);
export const tensors1m = manyTensors(1_000_000, 20);

export const longMetadata: Scenario = {
  name: 'long-metadata',
  attack: '90 MB of metadata in a file of weights',
  limits: { seconds: 15, growth: FILE_GROWTH, openFiles: OPEN_FILES },
  write(folder) {
    writeAdapter(path.join(folder, GOOD));
    writeAdapter(path.join(folder, HOSTILE));
    const metadata = JSON.stringify({ format: 'pt', note: 'metadata '.repeat(10_000_000) });
    const pair = loraPairs(['transformer.h.0.attn.attention.q_proj']);
    writeSafetensors(path.join(folder, HOSTILE, WEIGHTS), pair, metadata);
  },
  async act({ workbench }) {
    const seen = await opensOrIsTooLarge(workbench);
    await goodOpens(workbench);
    return seen;
  },
};

const SIDE = 16_384;

export const changingFile: Scenario = {
  name: 'changing-file',
  attack: 'a file that gets shorter and changes its time while its tiles and statistics are read',
  limits: { seconds: 60, growth: FILE_GROWTH, openFiles: OPEN_FILES },
  write(folder) {
    writeAdapter(path.join(folder, GOOD));
    writeSafetensors(path.join(folder, HOSTILE, 'model.safetensors'), [{ name: 'before', shape: [SIDE, SIDE] }]);
  },
  async act({ workbench, folder }) {
    const file = path.join(folder, HOSTILE, 'model.safetensors');
    await workbench.openFile(`${HOSTILE}/model.safetensors`);
    const view = await workbench.webviewFrame('inspector');
    await view.getByRole('application', { name: /^before;/ }).waitFor();
    for (let i = 0; i < 20; i++) {
      utimesSync(file, new Date(), new Date(Date.now() + 1000 * i));
      if (i % 2 === 0) writeFileSync(file, 'cut');
      else writeSafetensors(file, [{ name: `after${i}`, shape: [SIDE / 2, SIDE] }]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const alert = view.getByRole('alert').filter({ hasText: 'The file changed' });
    await alert.waitFor();
    await alert.getByRole('button', { name: 'Reload' }).click();
    await view.getByRole('application', { name: /^after19;/ }).waitFor();
    await workbench.heatmapsRead();
    await goodOpens(workbench);
  },
};
