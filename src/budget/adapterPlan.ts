/**
 * Budgets for the calculator, from a few settings instead of an adapter_config.json. LoRA and the prompt methods are
 * counted through an equivalent PEFT config. The bottleneck adapters of the core have no such config and are counted
 * here.
 */

import type { Budget } from './computeBudget';
import { budgetOf } from './computeBudget';
import type { ModelShape } from './modelShape';
import type { ModuleTable } from './moduleTable';
import type { SavedTensor } from './safetensorsSize';
import { safetensorsBytes } from './safetensorsSize';

export type PlannedBudget = Pick<Budget, 'trainable' | 'all' | 'fileBytes' | 'modules'>;

interface LoraOptions {
  readonly rank: number;
  readonly targets: readonly string[] | 'all-linear';
  readonly rankPattern?: readonly (readonly [string, number])[];
  readonly useDora?: boolean;
  readonly modulesToSave?: readonly string[];
}

/** LoRA (Hu et al. 2021): rank * (in + out) for each adapted module. DoRA adds a magnitude for each output. */
export function planLora(table: ModuleTable, options: LoraOptions): Budget {
  return budgetOf(table, {
    peft_type: 'LORA',
    r: options.rank,
    target_modules: options.targets,
    rank_pattern: Object.fromEntries(options.rankPattern ?? []),
    use_dora: options.useDora ?? false,
    modules_to_save: options.modulesToSave ?? null,
  });
}

/** Prompt tuning (Lester et al. 2021): one embedding per virtual token. Encoder and decoder each have their own. */
export function planPromptTuning(
  table: ModuleTable,
  promptLength: number,
  modulesToSave: readonly string[] = [],
): Budget {
  return budgetOf(table, {
    peft_type: 'PROMPT_TUNING',
    num_virtual_tokens: promptLength,
    num_transformer_submodules: table.shape.encoderDecoder ? 2 : 1,
    modules_to_save: modulesToSave,
  });
}

/** Prefix tuning (Li & Liang 2021) as PEFT stores it: a key and a value for each layer and position. */
export function planPrefixTuning(
  table: ModuleTable,
  prefixLength: number,
  modulesToSave: readonly string[] = [],
): Budget {
  return budgetOf(table, {
    peft_type: 'PREFIX_TUNING',
    num_virtual_tokens: prefixLength,
    modules_to_save: modulesToSave,
  });
}

type BottleneckPlace = 'attention' | 'mlp';

/**
 * Bottleneck adapters (Houlsby et al. 2019) as the core builds them: two per block, after the attention and after the
 * MLP, each a down and an up projection without biases. PEFT has no such method, so the tensor names are our own.
 * @param places fewer places for variants, such as the MLP alone for parallel adapters (He et al. 2022).
 */
export function planBottleneckAdapters(
  { shape, parameters }: ModuleTable,
  bottleneckDim: number,
  places: readonly BottleneckPlace[] = ['attention', 'mlp'],
): PlannedBudget {
  const names = Array.from({ length: shape.numLayers }, (_, layer) =>
    places.map((place) => `layers.${layer}.${place}_adapter`),
  ).flat();
  const each = 2 * shape.hiddenSize * bottleneckDim;
  const tensors = names.flatMap((name): SavedTensor[] => [
    { name: `${name}.wDown`, shape: [shape.hiddenSize, bottleneckDim] },
    { name: `${name}.wUp`, shape: [bottleneckDim, shape.hiddenSize] },
  ]);
  const trainable = names.length * each;
  return {
    trainable,
    all: parameters + trainable,
    fileBytes: safetensorsBytes(tensors),
    modules: names.map((name) => ({ name, rank: bottleneckDim, trainable: each })),
  };
}

/** Bytes of the float32 values alone, for methods without an agreed file layout. */
export function valueBytes(parameters: number): number {
  return 4 * parameters;
}

/** A table that lists no modules, for a type without a table. Methods that adapt no module need only the sizes. */
export function tableOfSizes(shape: ModelShape): ModuleTable {
  return {
    shape,
    modules: [],
    parameters: 0,
    outputEmbedding: null,
    inputEmbedding: null,
    taskHeads: [],
    warnings: [],
  };
}
