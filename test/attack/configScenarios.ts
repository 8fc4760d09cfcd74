/** Configs that never end, are huge, are many, or nest without end. */

import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { adapterConfig, aLensShows, GOOD, goodOpens, isListed, showsModules, writeAdapter } from './goodAdapter';
import { FILE_GROWTH, NotTriedError, OPEN_FILES, WORKSPACE_GROWTH } from './scenario';
import type { Scenario } from './scenario';

const CONFIG = 'adapter_config.json';
/** A file of the kernel that has no size and does not end for terabytes. */
const ENDLESS = '/proc/self/pagemap';
const DEVICE = '/dev/zero';
const MEGABYTE = 2 ** 20;

function writeEndless(folder: string): void {
  if (process.platform !== 'linux') throw new NotTriedError('only Linux has endless files of size 0');
  writeAdapter(path.join(folder, GOOD));
  for (const [name, target] of [
    ['1-endless', ENDLESS],
    ['2-device', DEVICE],
  ] as const) {
    writeAdapter(path.join(folder, name), null);
    for (const file of [CONFIG, 'config.json', 'model.safetensors.index.json', 'tokenizer.json', 'trainer_state.json'])
      symlinkSync(target, path.join(folder, name, file));
  }
  writeAdapter(path.join(folder, '3-fifo'), null);
  for (const file of [CONFIG, 'config.json']) execFileSync('mkfifo', [path.join(folder, '3-fifo', file)]);
}

export const endlessConfigs: Scenario = {
  name: 'endless-configs',
  attack: 'configs that are symlinks to an endless file and to a device, and FIFOs',
  limits: { seconds: 60, growth: WORKSPACE_GROWTH, openFiles: OPEN_FILES },
  write: writeEndless,
  async act({ workbench }) {
    await workbench.showSideBar();
    for (const name of [GOOD, '1-endless', '2-device', '3-fifo']) await isListed(workbench, name);
    // The weights are whole, so they are shown without the config.
    for (const name of ['1-endless', '2-device', '3-fifo']) await showsModules(workbench, name);
    await goodOpens(workbench);
  },
};

/** The config of a model, with small objects that take many times their text in memory. */
function modelConfig(bytes: number): string {
  const known = { model_type: 'llama', hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, vocab_size: 99 };
  const piece = '{"a":[{}]},';
  const rest = piece.repeat(Math.floor(bytes / piece.length));
  return `${JSON.stringify(known).slice(0, -1)},"rest":[${rest}0]}`;
}

/** Hard links keep the disk free: every file is a file of its own to a reader. */
function writeLinked(folder: string, count: number, file: string, text: string, beside?: string): void {
  const first = path.join(folder, `.first-${file}`);
  writeFileSync(first, text);
  for (let i = 0; i < count; i++) {
    const own = path.join(folder, `m${String(i).padStart(4, '0')}`);
    mkdirSync(own);
    linkSync(first, path.join(own, file));
    if (beside !== undefined) linkSync(beside, path.join(own, path.basename(beside)));
  }
}

function largeModelConfigs(count: number): Scenario {
  return {
    name: `model-configs-${count}`,
    attack: `${count} config.json of 4 MB`,
    limits: { seconds: 60, growth: WORKSPACE_GROWTH, openFiles: OPEN_FILES },
    write(folder) {
      writeAdapter(path.join(folder, GOOD), adapterConfig({ base_model_name_or_path: 'nobody/has-this' }));
      writeLinked(folder, count, 'config.json', modelConfig(4 * MEGABYTE - 256));
    },
    async act({ workbench }) {
      await workbench.showSideBar();
      await workbench.webviewFrame('calculator');
      await isListed(workbench, GOOD);
      // The base model is sought among all of them.
      await workbench.openFile(`${GOOD}/${CONFIG}`);
      await aLensShows(workbench, /has-this was not found|parameters in the weights/);
      await goodOpens(workbench);
    },
  };
}

export const modelConfigs60 = largeModelConfigs(60);
export const modelConfigs500 = largeModelConfigs(500);

export const longBaseNames: Scenario = {
  name: 'long-base-names',
  attack: '1,000 adapters with a base_model_name_or_path of 1 MB',
  limits: { seconds: 60, growth: WORKSPACE_GROWTH, openFiles: OPEN_FILES },
  write(folder) {
    writeAdapter(path.join(folder, GOOD));
    const config = adapterConfig({ base_model_name_or_path: 'x'.repeat(MEGABYTE - 1024) });
    writeLinked(folder, 1000, CONFIG, config, path.join(folder, GOOD, 'adapter_model.safetensors'));
  },
  async act({ workbench }) {
    await workbench.showSideBar();
    await isListed(workbench, GOOD);
    await isListed(workbench, 'm0000');
    await goodOpens(workbench);
  },
};

export const deepConfig: Scenario = {
  name: 'deep-config',
  attack: 'an adapter_config.json that nests 200,000 levels beside good weights',
  limits: { seconds: 30, growth: WORKSPACE_GROWTH, openFiles: OPEN_FILES },
  write(folder) {
    writeAdapter(path.join(folder, GOOD));
    const depth = 200_000;
    const nested = `{"peft_type":"LORA","r":4,"rest":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    writeAdapter(path.join(folder, '1-deep'), nested);
  },
  async act({ workbench }) {
    await workbench.showSideBar();
    await isListed(workbench, '1-deep');
    await showsModules(workbench, '1-deep');
    await goodOpens(workbench);
  },
};

/** The cheapest pattern of its length that costs many states for each character of a name. */
const costlyKey = (index: number): string =>
  `(?:(?:a?){100}){99}[${String.fromCharCode(98 + index)}-z]`.padEnd(40, 'z');

export const costlyPatterns: Scenario = {
  name: 'costly-patterns',
  attack: 'twenty rank_pattern keys of 40 characters, and ten modules with long names',
  limits: { seconds: 30, growth: FILE_GROWTH, openFiles: OPEN_FILES },
  write(folder) {
    writeAdapter(path.join(folder, GOOD));
    const keys = Array.from({ length: 20 }, (_, i) => [costlyKey(i), 8] as const);
    const modules = Array.from({ length: 10 }, (_, i) => `layers.${i}.${'a'.repeat(4000)}.q_proj`);
    writeAdapter(path.join(folder, '1-costly'), adapterConfig({ rank_pattern: Object.fromEntries(keys) }), modules);
  },
  async act({ workbench }) {
    await workbench.openFile('1-costly/adapter_model.safetensors');
    // Another file does not wait for it.
    const started = Date.now();
    await goodOpens(workbench);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    await showsModules(workbench, '1-costly');
    return `the other file showed after ${seconds} s`;
  },
};
