/** Workspaces of very many adapters, and source files and notebooks that are larger than any that people write. */

import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { adapterConfig, aLensShows, GOOD, goodOpens, isListed, WEIGHTS, writeAdapter } from './goodAdapter';
import { FILE_GROWTH, OPEN_FILES, WORKSPACE_GROWTH } from './scenario';
import type { Scenario } from './scenario';

const ADAPTERS = 20_000;

export const manyAdapters: Scenario = {
  name: 'adapters-20000',
  attack: '20,000 adapters in one workspace',
  limits: { seconds: 30, growth: WORKSPACE_GROWTH, openFiles: OPEN_FILES },
  write(folder) {
    writeAdapter(path.join(folder, GOOD));
    for (let i = 0; i < ADAPTERS - 1; i++) {
      const own = path.join(folder, `run-${String(i).padStart(5, '0')}`);
      mkdirSync(own);
      linkSync(path.join(folder, GOOD, WEIGHTS), path.join(own, WEIGHTS));
      writeFileSync(path.join(own, 'adapter_config.json'), adapterConfig({ r: i + 1 }));
    }
  },
  async act({ workbench }) {
    const started = Date.now();
    await workbench.showSideBar();
    await isListed(workbench, GOOD);
    const listed = ((Date.now() - started) / 1000).toFixed(1);
    // The list says how many there are, and finds the last one with its config.
    const sideBar = workbench.page.locator('.sidebar');
    await sideBar.getByText('of 20,000 adapters').first().waitFor();
    await workbench.runCommand('PEFT: Filter Adapters...');
    const input = workbench.page.locator('.quick-input-widget input[type="text"]').first();
    await input.fill('run-19998');
    await input.press('Enter');
    await isListed(workbench, /run-19998.*LORA, r = 19999/);
    await goodOpens(workbench);
    return `listed after ${listed} s`;
  },
};

const MEGABYTE = 2 ** 20;

/** A cell that configures LoRA, then cells up to the size, each with a config of its own. */
function notebook(bytes: number): string {
  const source = [
    'from peft import LoraConfig, get_peft_model\n',
    'from transformers import AutoModelForCausalLM\n',
    'model = AutoModelForCausalLM.from_pretrained("EleutherAI/gpt-neo-125M")\n',
    'model = get_peft_model(model, LoraConfig(r=8, target_modules=["q_proj", "v_proj"]))\n',
  ];
  const cell = JSON.stringify({ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source });
  const image = 'A'.repeat(MEGABYTE);
  const large = JSON.stringify({
    cell_type: 'code',
    execution_count: 1,
    metadata: {},
    outputs: [{ output_type: 'display_data', data: { 'image/png': image, 'text/plain': ['figure'] }, metadata: {} }],
    source,
  });
  const cells = Array.from({ length: Math.floor(bytes / large.length) }, () => large);
  return `{"cells":[${[cell, ...cells].join(',')}],"metadata":{},"nbformat":4,"nbformat_minor":5}`;
}

export const hugeNotebook: Scenario = {
  name: 'notebook-50mb',
  attack: 'a notebook of 50 MB with a PEFT config in every cell',
  // VS Code itself parses the notebook in the extension host and keeps its outputs.
  limits: { seconds: 60, growth: FILE_GROWTH, openFiles: OPEN_FILES },
  write(folder) {
    writeAdapter(path.join(folder, GOOD));
    writeFileSync(path.join(folder, 'train.ipynb'), notebook(50 * MEGABYTE));
  },
  async act({ workbench }) {
    await workbench.openFile('train.ipynb');
    await workbench.page.locator('a.monaco-button', { hasText: 'Open Anyway' }).click();
    await aLensShows(workbench, /trainable/);
    await goodOpens(workbench);
  },
};

export const hugePython: Scenario = {
  name: 'python-huge',
  attack: 'a Python file of 20 MB, and one of half a million characters that is all configs',
  limits: { seconds: 60, growth: FILE_GROWTH, openFiles: OPEN_FILES },
  write(folder) {
    writeAdapter(path.join(folder, GOOD));
    const head = 'from peft import LoraConfig\n';
    const call = 'config = LoraConfig(r=8, target_modules=["q_proj", "v_proj"])\n';
    writeFileSync(path.join(folder, 'huge.py'), head + call.repeat(Math.ceil((20 * MEGABYTE) / call.length)));
    writeFileSync(path.join(folder, 'configs.py'), head + call.repeat(Math.floor(500_000 / call.length)));
    const nested = `${'('.repeat(50_000)}1${')'.repeat(50_000)}`;
    writeFileSync(path.join(folder, 'nested.py'), `${head}x = ${nested}\n${call}`);
    writeFileSync(path.join(folder, 'small.py'), `${head}${call}`);
  },
  async act({ workbench }) {
    for (const file of ['huge.py', 'configs.py', 'nested.py', 'small.py']) await workbench.openFile(file);
    // The small file on top is counted, whatever the others cost.
    await aLensShows(workbench, /trainable/);
    await goodOpens(workbench);
  },
};
