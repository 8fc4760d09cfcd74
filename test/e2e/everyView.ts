/** Every view of the product, and how a user reaches it. The tests of looks and of accessibility visit them all. */

import { cpSync } from 'node:fs';
import * as path from 'node:path';
import type { Frame } from 'playwright-core';
import { loraPairs, writeSafetensors } from '../attack/safetensors';
import { ADAPTER } from './sampleAdapter';
import { workspaceFile } from './workbench';
import type { Workbench } from './workbench';

interface ReachableView {
  readonly name: string;
  readonly webview: 'inspector' | 'calculator' | 'comparison';
  /** Opens the view in a window without editors, and returns its document once it is drawn. */
  open(workbench: Workbench): Promise<Frame>;
}

const UNET_LAYERS = 12;
/** Names in kohya's style that differ only in their middle. */
const UNET_MODULES = Array.from({ length: UNET_LAYERS }, (_, layer) =>
  ['attn1_to_q', 'attn1_to_k', 'attn2_to_out_0', 'ff_net_0_proj'].map(
    (name) => `lora_unet_input_blocks_${4 + (layer % 2)}_1_transformer_blocks_${layer}_${name}`,
  ),
).flat();
const LONG_NAMES = 'checks/stable-diffusion-xl-with-a-long-folder-name/long-names.safetensors';
const NOT_NUMBERS = 'checks/not-numbers.safetensors';
const DAMAGED = 'broken/truncated.safetensors';
const UNREADABLE = 'checks/unreadable.safetensors';
/** Adapters whose change is not A times B, as folders of test/fixtures/adapters. */
const STRUCTURED = ['lokr', 'loha'] as const;
/** Adapters of other methods, as folders of test/fixtures/overviews. */
const OVERVIEWS = 'checks/overviews';
const IA3 = `${OVERVIEWS}/ia3/adapter_model.safetensors`;
const BOTTLENECK = `${OVERVIEWS}/bottleneck/pytorch_adapter.safetensors`;
const PROMPT = `${OVERVIEWS}/prompt/adapter_model.safetensors`;

const inspect = async (workbench: Workbench, file: string): Promise<Frame> => {
  await workbench.openFile(file);
  return workbench.webviewFrame('inspector');
};

const chooseTab = async (view: Frame, tab: string): Promise<void> => {
  await view.getByRole('tab', { name: tab, exact: true }).click();
  await view.getByRole('tab', { name: tab, exact: true, selected: true }).waitFor();
  await view.locator('#stage:not([aria-busy]) > *').first().waitFor();
};

const tabOf = (file: string, tab: string) => async (workbench: Workbench) => {
  const view = await inspect(workbench, file);
  await chooseTab(view, tab);
  await workbench.heatmapsRead();
  return view;
};

const demoTab = (tab: string) => async (workbench: Workbench) => {
  await workbench.runCommand('PEFT: Run Demo');
  const view = await workbench.webviewFrame('inspector');
  await chooseTab(view, tab);
  if (tab !== 'Info') await view.getByRole('application').first().waitFor();
  await workbench.heatmapsRead();
  return view;
};

const scanned = (file: string) => async (workbench: Workbench) => {
  const view = await tabOf(file, 'Scan')(workbench);
  const start = view.getByRole('button', { name: 'Scan whole checkpoint' });
  if (await start.isVisible()) await start.click();
  await view.locator('.scan-table .row').first().waitFor();
  return view;
};

const planned = async (workbench: Workbench): Promise<Frame> => {
  const view = await workbench.webviewFrame('calculator');
  await view.locator('.memory-total').waitFor();
  return view;
};

const INSPECTED: readonly Omit<ReachableView, 'webview'>[] = [
  { name: 'overview', open: tabOf(ADAPTER, 'Overview') },
  { name: 'overview of long names', open: tabOf(LONG_NAMES, 'Overview') },
  { name: 'LoRA', open: tabOf(ADAPTER, 'LoRA') },
  { name: 'LoRA of long names', open: tabOf(LONG_NAMES, 'LoRA') },
  { name: 'tensors', open: tabOf(ADAPTER, 'Tensors') },
  { name: 'tensors of long names', open: tabOf(LONG_NAMES, 'Tensors') },
  { name: 'LoRA of NaN', open: tabOf(NOT_NUMBERS, 'LoRA') },
  { name: 'LoKr', open: tabOf('checks/lokr/adapter_model.safetensors', 'ΔW') },
  { name: 'LoHa', open: tabOf('checks/loha/adapter_model.safetensors', 'ΔW') },
  { name: 'overview of IA3', open: tabOf(IA3, 'Overview') },
  { name: 'overview of bottlenecks', open: tabOf(BOTTLENECK, 'Overview') },
  { name: 'bottleneck adapter', open: tabOf(BOTTLENECK, 'Adapter') },
  { name: 'prompt', open: tabOf(PROMPT, 'Prompt') },
  {
    name: 'similarity of prompt tokens',
    async open(workbench) {
      const view = await tabOf(PROMPT, 'Prompt')(workbench);
      await view.getByText('Similarity').click();
      await view.getByRole('application', { name: /Cosines/ }).waitFor();
      return view;
    },
  },
  { name: 'offer to scan', open: tabOf(IA3, 'Scan') },
  { name: 'scan', open: scanned(ADAPTER) },
  { name: 'scan of NaN', open: scanned(NOT_NUMBERS) },
  { name: 'info', open: tabOf(ADAPTER, 'Info') },
  { name: 'damaged file', open: tabOf(DAMAGED, 'Tensors') },
  {
    name: 'failure',
    async open(workbench) {
      const view = await inspect(workbench, UNREADABLE);
      await view.locator('.failure-page').waitFor();
      return view;
    },
  },
  { name: 'demo: LoRA', open: demoTab('LoRA') },
  { name: 'demo: adapter', open: demoTab('Adapter') },
  { name: 'demo: prefix', open: demoTab('Prefix') },
  { name: 'demo: prompt', open: demoTab('Prompt') },
  { name: 'demo: tensors', open: demoTab('Tensors') },
  { name: 'demo: info', open: demoTab('Info') },
];

export const VIEWS: readonly ReachableView[] = [
  ...INSPECTED.map((view): ReachableView => ({ ...view, webview: 'inspector' })),
  {
    name: 'comparison',
    webview: 'comparison',
    async open(workbench) {
      await workbench.runCommand('PEFT: Compare Parameter Budgets');
      await workbench.pick('Llama-3-8B');
      const view = await workbench.webviewFrame('comparison');
      await view.locator('.scatter-frame svg').waitFor();
      return view;
    },
  },
  {
    name: 'calculator',
    webview: 'calculator',
    async open(workbench) {
      await workbench.showSideBar();
      return planned(workbench);
    },
  },
  {
    name: 'plan beside the code',
    webview: 'calculator',
    async open(workbench) {
      await workbench.hideSideBar();
      await workbench.openFile('train.py');
      await workbench.runCommand('PEFT: Open Adapter Plan Beside');
      return planned(workbench);
    },
  },
];

/** Writes the files that some of the views show. */
export function writeViewedFiles(): void {
  writeSafetensors(workspaceFile(LONG_NAMES), kohyaPairs(UNET_MODULES));
  const pairs = loraPairs(['model.layers.2.self_attn.q_proj', 'model.layers.10.self_attn.q_proj']);
  pairs[0]!.values![5] = NaN;
  pairs[3]!.values![7] = -Infinity;
  writeSafetensors(workspaceFile(NOT_NUMBERS), pairs);
  writeSafetensors(workspaceFile(UNREADABLE), [], '{"truncated');
  for (const name of STRUCTURED) {
    cpSync(path.resolve('test/fixtures/adapters', name), workspaceFile(`checks/${name}`), { recursive: true });
  }
  cpSync(path.resolve('test/fixtures/overviews'), workspaceFile(OVERVIEWS), { recursive: true });
}

function kohyaPairs(modules: readonly string[]): ReturnType<typeof loraPairs> {
  const renamed = (name: string): string =>
    name.replace('base_model.model.', '').replace('.lora_A.', '.lora_down.').replace('.lora_B.', '.lora_up.');
  return loraPairs(modules).map((tensor) => ({ ...tensor, name: renamed(tensor.name) }));
}
