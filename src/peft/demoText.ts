/** The demo's text: the lines that the reference document prints, filled in with the results of the run. */

import { formatShape } from '../tensor/tensor';
import { comparePeftMethods } from './compareMethods';
import type { ComparedMethod } from './compareMethods';
import type { DemoResult } from './demoResult';

const TITLE_RULE = '='.repeat(60);
const SECTION_RULE = '-'.repeat(40);
const TABLE_RULE = '-'.repeat(70);

/** Sizes of a 7-billion-parameter decoder, for the comparison table. */
const COMPARED = {
  dModel: 4096,
  numLayers: 32,
  numHeads: 32,
  loraRank: 8,
  adapterBottleneck: 64,
  prefixLength: 10,
  promptLength: 20,
};

/** The lines joined by newlines, without a trailing one. */
export function demoText({ lora, adapter, prompt }: Pick<DemoResult, 'lora' | 'adapter' | 'prompt'>): string {
  const { A, B, gradA, gradB } = lora.training.snapshots[0]!;
  return [
    TITLE_RULE,
    'Stage 9: Fine-tuning & Parameter-Efficient Methods',
    TITLE_RULE,
    '1. LoRA (Low-Rank Adaptation)',
    SECTION_RULE,
    `Original weight shape: ${formatShape(lora.weight.shape)}`,
    `LoRA A shape: ${formatShape(A.shape)}`,
    `LoRA B shape: ${formatShape(B.shape)}`,
    `LoRA parameters: ${formatCount(lora.numParameters)}`,
    `Full parameters: ${formatCount(lora.weight.size)}`,
    `Compression: ${formatPercent(lora.numParameters / lora.weight.size, 2)}`,
    `Input shape: ${formatShape(lora.x.shape)}`,
    `Output shape: ${formatShape(lora.output.shape)}`,
    `Gradients computed: A=${formatShape(gradA.shape)}, B=${formatShape(gradB.shape)}`,
    '2. Adapter Layers',
    SECTION_RULE,
    `Adapter parameters: ${formatCount(adapter.numParameters)}`,
    `Bottleneck dimension: ${adapter.bottleneckDim}`,
    '3. Prompt Tuning',
    SECTION_RULE,
    `Original sequence length: ${prompt.sequenceLength}`,
    `With soft prompt: ${prompt.training.snapshots[0]!.sequence.shape[0]}`,
    `Prompt parameters: ${formatCount(prompt.numParameters)}`,
    '4. PEFT Method Comparison (7B model scale)',
    SECTION_RULE,
    ...comparisonTable(),
  ].join('\n');
}

function comparisonTable(): string[] {
  const methods: readonly (readonly [method: ComparedMethod, label: string, description: string])[] = [
    ['full', 'full_fine_tuning', 'Update all attention weights'],
    ['lora', 'lora', `LoRA rank=${COMPARED.loraRank} on Q,V`],
    ['adapters', 'adapters', `Bottleneck=${COMPARED.adapterBottleneck}`],
    ['prefix', 'prefix_tuning', `${COMPARED.prefixLength} prefix tokens`],
    ['prompt', 'prompt_tuning', `${COMPARED.promptLength} soft prompts`],
  ];
  const counts = comparePeftMethods(COMPARED);
  const row = (label: string, params: string, ratio: string, description: string): string =>
    `${label.padEnd(18)}${params.padStart(15)}${ratio.padStart(11)}  ${description}`;
  return [
    row('Method', 'Parameters', 'Ratio', 'Description'),
    TABLE_RULE,
    ...methods.map(([method, label, description]) => {
      const { params, ratio } = counts[method];
      return row(label, formatCount(params), formatPercent(ratio, 4), description);
    }),
  ];
}

/** 2147483648 as 2,147,483,648, regardless of the machine's locale. */
function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

function formatPercent(ratio: number, decimals: number): string {
  return `${(100 * ratio).toFixed(decimals)}%`;
}
