/**
 * Budgets by settings rather than by an adapter_config.json, for the calculator: LoRA, prompts, and the bottleneck
 * adapters of the core. All but the last are counted as their configs would be.
 */

import type { RawConfig } from '../peftConfig/configValues';
import { countAdapter } from './adapterCount';
import type { ModelShape } from './modelShape';
import type { ModuleTable } from './moduleTable';
import type { SavedTensor } from './safetensorsSize';
import { elements } from './safetensorsSize';

/** What the prompt methods need of a model: its sizes, and the modules a task trains whole. */
export type PromptedModel = Pick<ModuleTable, 'shape' | 'modules'>;

export interface AdapterPlan {
  /** Trained parameters, those of heads trained whole included. */
  readonly trainable: number;
  /** Per adapted module, in the model's order; empty for methods that adapt the input. */
  readonly modules: readonly PlannedModule[];
  /** Under their names in the saved file. */
  readonly tensors: readonly SavedTensor[];
}

export interface PlannedModule {
  readonly name: string;
  readonly rank: number;
  readonly trainable: number;
}

interface LoraOptions {
  readonly rank: number;
  readonly targets: readonly string[] | 'all-linear';
  readonly exclude?: readonly string[];
  /** Layer indices to adapt; all where absent. */
  readonly layers?: readonly number[];
  readonly layersPattern?: readonly string[];
  readonly rankPattern?: readonly (readonly [string, number])[];
  readonly useDora?: boolean;
  readonly loraBias?: boolean;
  readonly modulesToSave?: readonly string[];
}

/** LoRA (Hu et al. 2021): rank * (in + out) for each adapted module; DoRA adds a magnitude for each output. */
export function planLora(table: ModuleTable, options: LoraOptions): AdapterPlan {
  return planAdapter(table, {
    peft_type: 'LORA',
    r: options.rank,
    target_modules: options.targets,
    exclude_modules: options.exclude ?? null,
    layers_to_transform: options.layers ?? null,
    layers_pattern: options.layersPattern ?? null,
    rank_pattern: Object.fromEntries(options.rankPattern ?? []),
    use_dora: options.useDora ?? false,
    lora_bias: options.loraBias ?? false,
    modules_to_save: options.modulesToSave ?? null,
  });
}

/** Prompt tuning (Lester et al. 2021): one embedding for each virtual token, for encoder and decoder each. */
export function planPromptTuning(
  table: PromptedModel,
  promptLength: number,
  modulesToSave: readonly string[] = [],
): AdapterPlan {
  return planAdapter(withoutCount(table), {
    peft_type: 'PROMPT_TUNING',
    num_virtual_tokens: promptLength,
    num_transformer_submodules: table.shape.encoderDecoder ? 2 : 1,
    modules_to_save: modulesToSave,
  });
}

/** Prefix tuning (Li & Liang 2021) as PEFT keeps it: a key and a value for each layer and position. */
export function planPrefixTuning(
  table: PromptedModel,
  prefixLength: number,
  modulesToSave: readonly string[] = [],
): AdapterPlan {
  return planAdapter(withoutCount(table), {
    peft_type: 'PREFIX_TUNING',
    num_virtual_tokens: prefixLength,
    modules_to_save: modulesToSave,
  });
}

/**
 * Bottleneck adapters (Houlsby et al. 2019) as the core makes them: two in each block, after attention and after the
 * MLP, a down and an up projection without biases. PEFT has none, so the tensors' names are ours.
 */
export function planBottleneckAdapters(shape: ModelShape, bottleneckDim: number): AdapterPlan {
  const tensors: SavedTensor[] = [];
  const modules: PlannedModule[] = [];
  for (let layer = 0; layer < shape.numLayers; layer++) {
    for (const place of ['attention', 'mlp']) {
      const name = `layers.${layer}.${place}_adapter`;
      tensors.push({ name: `${name}.wDown`, shape: [shape.hiddenSize, bottleneckDim] });
      tensors.push({ name: `${name}.wUp`, shape: [bottleneckDim, shape.hiddenSize] });
      modules.push({ name, rank: bottleneckDim, trainable: 2 * shape.hiddenSize * bottleneckDim });
    }
  }
  return { trainable: tensors.reduce((sum, tensor) => sum + elements(tensor.shape), 0), modules, tensors };
}

/** The plain float32 size of the values, where no file layout is agreed on. */
export function valueBytes(parameters: number): number {
  return 4 * parameters;
}

function withoutCount({ shape, modules }: PromptedModel): ModuleTable {
  return { shape, modules, parameters: 0, outputEmbedding: null, inputEmbedding: null, taskHeads: [], warnings: [] };
}

/** Of any adapter_config.json. Throws what `countAdapter` throws. */
export function planAdapter(table: ModuleTable, config: RawConfig): AdapterPlan {
  const { trainable, modules, tensors } = countAdapter(table, config);
  const ranked = modules.flatMap(({ name, rank, trainable: own }) =>
    rank === null ? [] : [{ name, rank, trainable: own }],
  );
  return { trainable, modules: ranked, tensors };
}
