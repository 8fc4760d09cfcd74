// The scenes of the pictures: each brings the real VS Code into a state, and may return what to do before every picture.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { writeFaultyAdapter } from './faultyAdapter.mjs';
import { writeExperts, writeHuge, writeProjection } from './largeWeights.mjs';
import { inRoot } from './paths.mjs';

const ADAPTER = 'gpt-neo-movies-lora/adapter_model.safetensors';

const DEMO_STEP = 'End';
// Presses of '+' until a cell is large enough to show its value.
const CLOSE_UP = 17;
// Scenes that are not in the README, such as the largest shapes, all zeros.
export const UNPUBLISHED = [
  'huge',
  'configCompletion',
  'configHover',
  'vectors',
  'base',
  'kronecker',
  'hadamard',
  'bottlenecks',
  'similarity',
  'findingsMarks',
];

/** A config with typical mistakes. */
const MISTAKEN_CONFIG = `{
  "peft_type": "LORA",
  "task_type": "CAUSAL_LM",
  "base_model_name_or_path": "EleutherAI/gpt-neo-125M",
  "r": 16,
  "lora_alpha": 32,
  "use_rslora": true,
  "lora_droput": 0.05,
  "target_modules": [
    "q_porj",
    "v_proj"
  ]
}
`;

/** Drags the edge of the side bar to a width in pixels. */
const widenSideBar = async ({ page }, width) => {
  const { x, width: before } = await page.locator('.part.sidebar').boundingBox();
  await page.mouse.move(x + before, HEIGHT / 2);
  await page.mouse.down();
  await page.mouse.move(x + width, HEIGHT / 2, { steps: 5 });
  await page.mouse.up();
};

/** A typical program with two models, one from the workspace and one from the presets. */
const PROGRAM = `from peft import IA3Config, LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained("EleutherAI/gpt-neo-125M")

config = LoraConfig(
    r=16,
    lora_alpha=32,
    lora_dropout=0.05,
    target_modules=["q_proj", "k_proj", "v_proj", "out_proj"],
    task_type="CAUSAL_LM",
)
model = get_peft_model(model, config)


def sweep(rank):
    mistral = AutoModelForCausalLM.from_pretrained("mistralai/Mistral-7B-v0.1")
    adapter = LoraConfig(r=rank, target_modules="all-linear", use_dora=True)
    return get_peft_model(mistral, adapter)


small = IA3Config(target_modules=["k_proj", "v_proj", "c_porj"], feedforward_modules=["c_porj"])
`;

/** Copies an adapter of the tests into the workspace and opens it. */
const fixture = async (workbench, name, file) => {
  cpSync(inRoot('test/fixtures/overviews', name), path.join(process.env.PEFT_E2E_WORKSPACE, name), { recursive: true });
  await workbench.openFile(`${name}/${file}`);
  await workbench.hideSideBar();
};

/** Opens the LoRA tab of an adapter whose change is not A times B. */
const structured = async (workbench, name) => {
  const folder = path.join(process.env.PEFT_E2E_WORKSPACE, name);
  cpSync(inRoot('test/fixtures/adapters', name), folder, { recursive: true });
  await workbench.openFile(`${name}/adapter_model.safetensors`);
  await workbench.hideSideBar();
  const view = await workbench.webviewFrame('inspector');
  await view.getByRole('tab', { name: 'ΔW', exact: true }).click();
  await view.getByRole('application').nth(2).waitFor();
};

/** Writes a file into the workspace and opens it in the editor, without the side bar. */
const written = async (workbench, file, text) => {
  const target = path.join(process.env.PEFT_E2E_WORKSPACE, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
  await workbench.openFile(file);
  await workbench.hideSideBar();
};

/** Rests the pointer on the last visible word with this text until its hover appears. */
const hoverWord = async ({ page }, word, hover) => {
  await page.locator('.view-line span', { hasText: word }).last().hover();
  await page.locator('.monaco-hover', { hasText: hover }).waitFor();
};

/** Opens a tab of the demo at the end of its training. */
const demo = (tab) => async (workbench) => {
  await workbench.runCommand('PEFT: Run Demo');
  await workbench.hideSideBar();
  const view = await workbench.webviewFrame('inspector');
  await view.getByRole('slider', { name: 'Training step' }).press(DEMO_STEP);
  await view.getByRole('tab', { name: tab, exact: true }).click();
  await view.getByRole('application').first().waitFor();
};

/** Opens a generated file of weights at its largest tensor. */
const weights = async (workbench, file, tensor) => {
  await workbench.openFile(`weights/${file}.safetensors`);
  await workbench.hideSideBar();
  const view = await workbench.webviewFrame('inspector');
  await view.getByRole('treeitem', { name: tensor }).click();
  const map = view.getByRole('application', { name: tensor });
  await map.waitFor();
  return { view, map };
};

/** Opens an adapter with a fault of most kinds and waits until its values are read. */
const faulty = async (workbench) => {
  await workbench.openFile('faulty-lora/adapter_model.safetensors');
  await workbench.hideSideBar();
  const view = await workbench.webviewFrame('inspector');
  await view
    .getByText(/values read$/)
    .first()
    .waitFor();
  return view;
};

/**
 * Each scene brings a new window to the state to be shown. It may return a function that places the pointer, which a
 * change of theme moves away.
 */
export const SCENES = {
  async grid(workbench) {
    await workbench.openFile(ADAPTER);
    const view = await workbench.webviewFrame('inspector');
    await view.getByRole('table', { name: 'Modules by layer' }).waitFor();
  },
  async module(workbench) {
    await workbench.openFile(ADAPTER);
    await workbench.hideSideBar();
    const view = await workbench.webviewFrame('inspector');
    await view
      .getByRole('button', { name: /\.10\..*v_proj/ })
      .first()
      .click();
    await view.getByRole('tab', { name: 'LoRA', selected: true }).waitFor();
    const product = view.getByRole('application', { name: /ΔW/ });
    return () => product.hover({ position: { x: 420, y: 120 } });
  },
  lora: demo('LoRA'),
  adapter: demo('Adapter'),
  prefix: demo('Prefix'),
  prompt: demo('Prompt'),
  async calculator(workbench) {
    await workbench.openFile(ADAPTER);
    await workbench.showSideBar();
    await workbench.webviewFrame('calculator');
  },
  async plan(workbench) {
    await workbench.openFile('train.py');
    await workbench.showSideBar();
    await widenSideBar(workbench, 470);
    const view = await workbench.webviewFrame('calculator');
    await view.getByRole('combobox', { name: 'Model', exact: true }).selectOption({ label: 'Llama-3-8B' });
    await view.getByRole('button', { name: 'Target all of them' }).click();
    await view.getByLabel('Sequence length').fill('2048');
    await view.getByText('Change these first').waitFor();
    return async () => {
      await view.getByLabel('Memory for').evaluate((purpose) => purpose.closest('.plan-fields').scrollIntoView());
      await view.locator('.memory-terms li', { hasText: 'Optimiser states' }).hover();
    };
  },
  async config(workbench) {
    await written(workbench, 'my-lora/adapter_config.json', MISTAKEN_CONFIG);
    const { page } = workbench;
    await page.getByText(/ trainable parameters, /).waitFor();
    await workbench.runCommand('Problems: Focus on Problems View');
    await page.locator('.squiggly-warning').first().waitFor();
    // A change of theme closes the menu.
    return async () => {
      await workbench.runCommand('View: Focus Active Editor Group');
      await page.keyboard.press('Control+Home');
      await page.locator('.view-line span', { hasText: 'q_porj' }).last().click();
      const fix = page.getByText("Change to 'q_proj'");
      // The keys have no effect while the editor is still requesting the fixes of the line.
      for (let tries = 0; tries < 10 && !(await fix.isVisible()); tries++) {
        await page.keyboard.press('Control+.');
        await fix.waitFor({ timeout: 5000 }).catch(() => undefined);
      }
      await fix.waitFor();
    };
  },
  async configHover(workbench) {
    await written(workbench, 'my-lora/adapter_config.json', MISTAKEN_CONFIG);
    await workbench.page.getByText(/ trainable parameters, /).waitFor();
    return () => hoverWord(workbench, 'target_modules', 'Target modules');
  },
  async configCompletion(workbench) {
    await written(workbench, 'my-lora/adapter_config.json', MISTAKEN_CONFIG);
    const { page } = workbench;
    await page.getByText(/ trainable parameters, /).waitFor();
    return async () => {
      await workbench.runCommand('View: Focus Active Editor Group');
      await page.locator('.view-line span', { hasText: 'lora_alpha' }).last().click();
      await page.keyboard.press('End');
      if (!(await page.locator('.view-line', { hasText: '"use_d' }).count())) await page.keyboard.type('\n"use_d');
      else await page.locator('.view-line', { hasText: '"use_d' }).click();
      await page.keyboard.press('Control+Space');
      await page.locator('.suggest-widget.visible .monaco-list-row', { hasText: 'use_dora' }).waitFor();
    };
  },
  async python(workbench) {
    await written(workbench, 'finetune.py', PROGRAM);
    const { page } = workbench;
    await page.locator('.codelens-decoration a', { hasText: 'trainable params: ' }).waitFor();
    return async () => {
      await page.locator('.view-line', { hasText: 'config = LoraConfig(' }).click();
      await page.keyboard.press('Home');
      for (let i = 0; i < 'config = Lora'.length; i++) await page.keyboard.press('ArrowRight');
      const hover = page.locator('.monaco-hover', { hasText: 'trainable parameters' });
      for (let tries = 0; tries < 10 && !(await hover.isVisible()); tries++) {
        await page.keyboard.press('Control+k');
        await page.keyboard.press('Control+i');
        await hover.waitFor({ timeout: 5000 }).catch(() => undefined);
      }
      await hover.waitFor();
    };
  },
  async weight(workbench) {
    const { map } = await weights(workbench, 'projection', /gate_proj/);
    return () => map.hover({ position: { x: 300, y: 260 } });
  },
  async weightClose(workbench) {
    const { map } = await weights(workbench, 'projection', /gate_proj/);
    await map.focus();
    await map.press('Home');
    for (let i = 0; i < CLOSE_UP; i++) {
      await map.press('+');
    }
    return () => map.hover({ position: { x: 300, y: 200 } });
  },
  async experts(workbench) {
    const { view } = await weights(workbench, 'experts', /experts\.gate_up_proj/);
    const expert = view.getByRole('spinbutton', { name: /dimension 0/ });
    await expert.fill('5');
    await expert.press('Tab');
  },
  async huge(workbench) {
    await weights(workbench, 'huge', /embed_tokens/);
  },
  async findings(workbench) {
    const view = await faulty(workbench);
    await view.getByRole('button', { name: /errors/, expanded: false }).click();
  },
  async findingsMarks(workbench) {
    await faulty(workbench);
  },
  async damaged(workbench) {
    await workbench.openFile('broken/truncated.safetensors');
    await workbench.hideSideBar();
    const view = await workbench.webviewFrame('inspector');
    await view.getByRole('tab', { name: 'Tensors' }).waitFor();
  },
  async vectors(workbench) {
    await fixture(workbench, 'ia3', 'adapter_model.safetensors');
    const view = await workbench.webviewFrame('inspector');
    await view.getByRole('table', { name: 'Modules by layer' }).waitFor();
  },
  async base(workbench) {
    cpSync(inRoot('test/fixtures/base'), path.join(process.env.PEFT_E2E_WORKSPACE, 'base'), { recursive: true });
    await workbench.openFile('base/adapter/adapter_model.safetensors');
    await workbench.hideSideBar();
    const view = await workbench.webviewFrame('inspector');
    await view.getByRole('button', { name: 'Compare with the base' }).click();
    await view.getByText(/^Compared with/).waitFor();
  },
  async kronecker(workbench) {
    await structured(workbench, 'lokr');
  },
  async hadamard(workbench) {
    await structured(workbench, 'loha');
  },
  async bottlenecks(workbench) {
    await fixture(workbench, 'bottleneck', 'pytorch_adapter.safetensors');
    const view = await workbench.webviewFrame('inspector');
    await view.getByRole('combobox', { name: /Colour the/ }).selectOption('dead units');
  },
  async similarity(workbench) {
    await fixture(workbench, 'prompt', 'adapter_model.safetensors');
    const view = await workbench.webviewFrame('inspector');
    await view.getByText('Similarity').click();
    await view.getByRole('application', { name: /Cosines/ }).waitFor();
  },
  async comparison(workbench) {
    await workbench.runCommand('PEFT: Compare Parameter Budgets');
    await workbench.pick('Llama-3-8B');
    await workbench.hideSideBar();
    await workbench.webviewFrame('comparison');
  },
};

/** Writes the large files that some of the scenes show. */
export function writeShownFiles(names, workspace) {
  const folder = path.join(workspace, 'weights');
  if (names.some((name) => name.startsWith('weight'))) writeProjection(folder);
  if (names.includes('experts')) writeExperts(folder);
  if (names.some((name) => name.startsWith('findings'))) writeFaultyAdapter(path.join(workspace, 'faulty-lora'));
  if (names.includes('huge')) writeHuge(folder);
}
