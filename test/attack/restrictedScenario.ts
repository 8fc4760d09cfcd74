/** A workspace in Restricted Mode: what is read, that nothing is fetched, and that nothing is executed. */

import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { commandOf, descendantsOf } from '../e2e/extensionHost';
import { adapterConfig, GOOD, goodOpens, isListed, showsModules, writeAdapter } from './goodAdapter';
import { countRequests } from './localServer';
import type { LocalServer } from './localServer';
import { OPEN_FILES, WORKSPACE_GROWTH } from './scenario';
import type { Scenario, Scene } from './scenario';

/** Anything in the workspace that is executed makes this file. */
const MARKER = 'executed';
const HOSTILE = '1-hostile';
/** Linux notes the time of a read only if the noted time is older than the file. */
const LONG_AGO = new Date(0);

let server: LocalServer | undefined;

/** Writes configs, code and pickles that name the server, or that leave the marker if anything executes them. */
function writeLures(folder: string, address: string): void {
  const marker = path.join(folder, MARKER);
  const own = path.join(folder, HOSTILE);
  writeAdapter(
    own,
    adapterConfig({ base_model_name_or_path: `${address}/base`, auto_mapping: { parent_library: address } }),
  );
  const write = (name: string, text: string): void => writeFileSync(path.join(own, name), text);
  write(
    'config.json',
    JSON.stringify({ _name_or_path: `${address}/model`, auto_map: { AutoModel: `${address}/code` } }),
  );
  const shards = { weight_map: { a: `${address}/shard.safetensors`, b: '//127.0.0.1/share/shard.safetensors' } };
  write('model.safetensors.index.json', JSON.stringify(shards));
  // Protocol 0 of pickle: calls posix.system with a command.
  write('adapter_model.bin', `cposix\nsystem\n(S'touch ${marker}'\ntR.`);
  write(
    'train.py',
    `open(${JSON.stringify(marker)}, "w")\nfrom peft import LoraConfig, get_peft_model\n` +
      `from transformers import AutoModel\nmodel = AutoModel.from_pretrained("${address}/python")\n` +
      'model = get_peft_model(model, LoraConfig(r=8, target_modules=["q_proj"]))\n',
  );
  const bin = path.join(folder, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  for (const name of ['python', 'python3', 'git', 'node', 'sh']) {
    writeFileSync(path.join(bin, name), `#!/bin/sh\ntouch ${marker}\n`);
    chmodSync(path.join(bin, name), 0o755);
    writeFileSync(path.join(folder, name), `#!/bin/sh\ntouch ${marker}\n`);
    chmodSync(path.join(folder, name), 0o755);
  }
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** Files of the folder whose time of the last read is no longer `LONG_AGO`. */
function readFilesOf(folder: string): string[] {
  const read = filesOf(folder).filter((file) => statSync(file).atimeMs !== LONG_AGO.getTime());
  return read.map((file) => path.relative(folder, file)).sort();
}

async function actInside({ workbench, folder, host }: Scene): Promise<string> {
  await workbench.showSideBar();
  await isListed(workbench, GOOD);
  await isListed(workbench, HOSTILE);
  for (const file of ['adapter_config.json', 'train.py', 'model.safetensors.index.json'])
    await workbench.openFile(`${HOSTILE}/${file}`);
  await showsModules(workbench, HOSTILE);
  await goodOpens(workbench);
  await workbench.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
  if (existsSync(path.join(folder, MARKER))) throw new Error('something of the workspace was executed');
  const started = descendantsOf(host).map((pid) => commandOf(pid).join(' '));
  const ofWorkspace = started.filter((command) => command.startsWith(folder));
  if (ofWorkspace.length > 0) throw new Error(`these run: ${ofWorkspace.join('; ')}`);
  if (server!.requests.length > 0) throw new Error(`these were fetched: ${server!.requests.join(', ')}`);
  return `no request, nothing executed; read: ${readFilesOf(folder).join(', ')}`;
}

export const restrictedMode: Scenario = {
  name: 'restricted-mode',
  attack: 'a workspace that is not trusted, whose configs and code name a server and whose programs leave a mark',
  needs: 'restricted',
  limits: { seconds: 60, growth: WORKSPACE_GROWTH, openFiles: OPEN_FILES },
  async write(folder) {
    server = await countRequests();
    writeAdapter(path.join(folder, GOOD));
    writeLures(folder, server.address);
    for (const file of filesOf(folder)) utimesSync(file, LONG_AGO, new Date());
  },
  async act(scene) {
    try {
      return await actInside(scene);
    } finally {
      await server!.close();
    }
  },
};
