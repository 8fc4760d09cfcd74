/** A file on a server that is replaced while it is read. */

import { readFileSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { GOOD, goodOpens, writeAdapter } from './goodAdapter';
import { countRequests, sendRange } from './localServer';
import { writeSafetensors } from './safetensors';
import { FILE_GROWTH, OPEN_FILES } from './scenario';
import type { Scenario, Scene } from './scenario';

const SIDE = 4096;
/** Bytes of the first file that are sent. The rest comes from the second. */
const REPLACED_AFTER = 8 * 2 ** 20;

/** The bytes of a file of one matrix. */
function weightsNamed(folder: string, name: string): Buffer {
  const file = path.join(folder, `${name}.safetensors`);
  const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i));
  writeSafetensors(file, [{ name, shape: [SIDE, SIDE], values }]);
  const bytes = readFileSync(file);
  rmSync(file);
  return bytes;
}

async function openAndReplace({ workbench, folder }: Scene): Promise<string> {
  const [before, after] = [weightsNamed(folder, 'before'), weightsNamed(folder, 'after_')];
  let sent = 0;
  const server = await countRequests((request, response) => {
    if (!request.url?.startsWith('/model.safetensors')) response.writeHead(404).end();
    else if (sent < REPLACED_AFTER) sent += sendRange(request, response, before, '"one"');
    else sendRange(request, response, after, '"two"');
  });
  try {
    await workbench.runCommand('PEFT: Open from URL or Hugging Face...');
    const input = workbench.page.locator('.quick-input-widget input[type="text"]').first();
    await input.fill(`${server.address}/model.safetensors`);
    await input.press('Enter');
    const view = await workbench.webviewFrame('inspector');
    await view.getByRole('application', { name: /^before;/ }).waitFor();
    await view
      .getByText(/changed/i)
      .first()
      .waitFor();
    await goodOpens(workbench);
    return `${server.requests.length} requests`;
  } finally {
    await server.close();
  }
}

export const changingEtag: Scenario = {
  name: 'changing-etag',
  attack: 'a file on a server that another one of the same length replaces while its tiles are read',
  limits: { seconds: 60, growth: FILE_GROWTH, openFiles: OPEN_FILES },
  write: (folder) => writeAdapter(path.join(folder, GOOD)),
  act: openAndReplace,
};
