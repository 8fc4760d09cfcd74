/**
 * Each method as a function of its setting, on either basis. The report evaluates it at the current setting and draws
 * its growth from two points, because every count is linear in the setting.
 */

import type { PlannedBudget } from '../../budget/adapterPlan';
import {
  planBottleneckAdapters,
  planLora,
  planPrefixTuning,
  planPromptTuning,
  tableOfSizes,
  valueBytes,
} from '../../budget/adapterPlan';
import type { ModelShape } from '../../budget/modelShape';
import type { ModuleTable } from '../../budget/moduleTable';
import { formatCount } from '../../text/numberText';
import { comparePeftMethods } from '../../peft/compareMethods';
import type { MethodField, MethodId } from '../../protocol/calculator';

export interface Counted {
  readonly parameters: number;
  /** Parameters of the model with its adapter; `null` if the model's own are not counted. */
  readonly all: number | null;
  readonly detail: string;
  readonly fileBytes: number;
  readonly fileNote: string;
}

export interface Method {
  readonly id: Exclude<MethodId, 'full'>;
  readonly label: string;
  readonly field: Exclude<MethodField, 'alpha'>;
  /** The name of the setting on an axis. */
  readonly variable: string;
  readonly formula: string;
  /** Throws the errors of the budget and of the core. */
  readonly count: (setting: number) => Counted;
}

const LABELS = {
  lora: { label: 'LoRA', field: 'rank', variable: 'rank' },
  adapters: { label: 'Adapters', field: 'bottleneckDim', variable: 'bottleneck' },
  prefix: { label: 'Prefix tuning', field: 'prefixLength', variable: 'prefix length' },
  prompt: { label: 'Prompt tuning', field: 'promptLength', variable: 'prompt length' },
} as const;

const EXACT_FILE = 'Exact: float32 safetensors as PEFT saves it, header included.';
const OUR_FILE =
  'Float32 safetensors with tensors named layers.N.attention_adapter.wDown; PEFT has no bottleneck adapters.';
const VALUES_ONLY = 'The float32 values alone, 4 bytes each, without a file header.';

const product = (...factors: readonly number[]): string => factors.map(formatCount).join(' × ');

/** The methods on the exact shapes of a model. Without a table LoRA's targets are unknown, so LoRA is left out. */
export function exactMethods(shape: ModelShape, table: ModuleTable | null, targets: readonly string[]): Method[] {
  const heads = table?.taskHeads ?? [];
  const model = table ?? tableOfSizes(shape);
  const counted = (plan: PlannedBudget, detail: string, fileNote: string): Counted => ({
    parameters: plan.trainable,
    all: table && plan.all,
    detail: heads.length > 0 && fileNote === EXACT_FILE ? `${detail}, with the task head` : detail,
    fileBytes: plan.fileBytes,
    fileNote,
  });
  const lora = (withModules: ModuleTable): Method => ({
    id: 'lora',
    ...LABELS.lora,
    formula: 'sum over the target modules of rank × (in + out)',
    count: (rank) => {
      const plan = planLora(withModules, { rank, targets, modulesToSave: heads });
      const adapted = plan.modules.filter((module) => module.rank !== null).length;
      return counted(plan, `r = ${formatCount(rank)} on ${formatCount(adapted)} modules`, EXACT_FILE);
    },
  });
  return [
    ...(table ? [lora(table)] : []),
    {
      id: 'adapters',
      ...LABELS.adapters,
      formula:
        'layers × 2 × 2 × hidden × bottleneck = ' + `${product(shape.numLayers, 2, 2, shape.hiddenSize)} × bottleneck`,
      count: (bottleneck) =>
        counted(
          planBottleneckAdapters(model, bottleneck),
          `bottleneck ${formatCount(bottleneck)}, 2 per layer, no biases`,
          OUR_FILE,
        ),
    },
    {
      id: 'prefix',
      ...LABELS.prefix,
      formula: `length × layers × 2 × key-value width = length × ${product(shape.numLayers, 2, shape.prefixWidth)}`,
      count: (length) =>
        counted(planPrefixTuning(model, length, heads), `${formatCount(length)} positions`, EXACT_FILE),
    },
    {
      id: 'prompt',
      ...LABELS.prompt,
      formula:
        `length × hidden = length × ${product(shape.hiddenSize)}` +
        (shape.encoderDecoder ? ', for encoder and decoder each' : ''),
      count: (length) => counted(planPromptTuning(model, length, heads), `${formatCount(length)} tokens`, EXACT_FILE),
    },
  ];
}

/** The reference's formulas on a model's width, depth and heads. */
export function referenceMethods({ hiddenSize, numLayers, numHeads }: ModelShape, table: ModuleTable | null): Method[] {
  const sizes = { dModel: hiddenSize, numLayers, numHeads };
  const counted = (parameters: number, detail: string): Counted => ({
    parameters,
    all: table && table.parameters + parameters,
    detail,
    fileBytes: valueBytes(parameters),
    fileNote: VALUES_ONLY,
  });
  return [
    {
      id: 'lora',
      ...LABELS.lora,
      formula: 'L × 2 × r × (d + d): query and value',
      count: (loraRank) =>
        counted(comparePeftMethods({ ...sizes, loraRank }).lora.params, `r = ${formatCount(loraRank)} on q and v`),
    },
    {
      id: 'adapters',
      ...LABELS.adapters,
      formula: 'L × 2 × 2 × d × bottleneck',
      count: (adapterBottleneck) =>
        counted(
          comparePeftMethods({ ...sizes, adapterBottleneck }).adapters.params,
          `bottleneck ${formatCount(adapterBottleneck)}, 2 per layer`,
        ),
    },
    {
      id: 'prefix',
      ...LABELS.prefix,
      formula: 'L × 2 × length × heads × ⌊d / heads⌋',
      count: (prefixLength) =>
        counted(comparePeftMethods({ ...sizes, prefixLength }).prefix.params, `${formatCount(prefixLength)} positions`),
    },
    {
      id: 'prompt',
      ...LABELS.prompt,
      formula: 'length × d',
      count: (promptLength) =>
        counted(comparePeftMethods({ ...sizes, promptLength }).prompt.params, `${formatCount(promptLength)} tokens`),
    },
  ];
}

/** The parameters that the reference counts for full fine-tuning: the attention weights, L × 4 × d². */
export function referenceFull({ hiddenSize, numLayers, numHeads }: ModelShape): number {
  return comparePeftMethods({ dModel: hiddenSize, numLayers, numHeads }).full.params;
}
