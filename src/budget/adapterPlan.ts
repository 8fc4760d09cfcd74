/**
 * What a PEFT method adds to a model: the tensors it saves and how many of their values are trained.
 *
 * Every method is a function from a model and its settings to a plan; the count, the file's size and the rows by module
 * all follow from the plan. Formulas are checked against PEFT 0.21's own counts.
 */

import { BudgetError } from './errors';
import type { ModelShape } from './modelShape';
import type { Module, ModuleTable } from './moduleTable';
import { moduleTensors } from './moduleTable';
import type { SavedTensor } from './safetensorsSize';
import { elements } from './safetensorsSize';
import type { TargetSelection } from './targets';
import { patternValue, selectModules } from './targets';

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

export interface LoraOptions extends TargetSelection {
  readonly rank: number;
  readonly rankPattern?: readonly (readonly [string, number])[];
  readonly useDora?: boolean;
  readonly loraBias?: boolean;
}

/** LoRA (Hu et al. 2021): rank * (in + out) for each adapted module; DoRA adds a magnitude for each output. */
export function planLora(table: ModuleTable, options: LoraOptions): AdapterPlan {
  const tensors: SavedTensor[] = [];
  const modules: PlannedModule[] = [];
  for (const module of selectModules(table, options)) {
    const rank = patternValue(options.rankPattern ?? [], module.name) ?? options.rank;
    const added = loraTensors(module, rank, options);
    modules.push({ name: module.name, rank, trainable: countElements(added) });
    tensors.push(...added);
  }
  const heads = savedModules(table, options.modulesToSave ?? [], 'base_model.model.');
  return plan([...tensors, ...heads], modules);
}

/** Prompt tuning (Lester et al. 2021): one embedding for each virtual token, for encoder and decoder each. */
export function planPromptTuning(
  table: PromptedModel,
  promptLength: number,
  modulesToSave: readonly string[] = [],
): AdapterPlan {
  return planPrompt(table, promptLength * (table.shape.encoderDecoder ? 2 : 1), table.shape.hiddenSize, modulesToSave);
}

/** Prefix tuning (Li & Liang 2021) as PEFT keeps it: a key and a value for each layer and position. */
export function planPrefixTuning(
  table: PromptedModel,
  prefixLength: number,
  modulesToSave: readonly string[] = [],
): AdapterPlan {
  const { numLayers, prefixWidth } = table.shape;
  return planPrompt(table, prefixLength, 2 * numLayers * prefixWidth, modulesToSave);
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
  return plan(tensors, modules);
}

/** The plain float32 size of the values, where no file layout is agreed on. */
export function valueBytes(parameters: number): number {
  return 4 * parameters;
}

function loraTensors(module: Module, rank: number, { useDora, loraBias }: LoraOptions): SavedTensor[] {
  const { kind, inFeatures, outFeatures } = module;
  const path = `base_model.model.${module.name}`;
  if (kind === 'norm') throw new BudgetError(`target '${module.name}' is a norm: LoRA adapts linears and embeddings`);
  // An embedding's factors are parameters of the layer, not modules: their names have no '.weight'.
  const [a, b] = kind === 'embedding' ? ['lora_embedding_A', 'lora_embedding_B'] : ['lora_A.weight', 'lora_B.weight'];
  return [
    { name: `${path}.${a}`, shape: [rank, inFeatures] },
    { name: `${path}.${b}`, shape: [outFeatures, rank] },
    ...(loraBias ? [{ name: `${path}.lora_B.bias`, shape: [outFeatures] }] : []),
    ...(useDora ? [{ name: `${path}.lora_magnitude_vector`, shape: [outFeatures] }] : []),
  ];
}

function planPrompt(table: PromptedModel, rows: number, width: number, modulesToSave: readonly string[]): AdapterPlan {
  return plan(
    [{ name: 'prompt_embeddings', shape: [rows, width] }, ...savedModules(table, modulesToSave, 'base_model.')],
    [],
  );
}

/** Modules that are trained and saved whole, beside the adapter. */
function savedModules(table: PromptedModel, names: readonly string[], prefix: string): SavedTensor[] {
  return table.modules
    .filter((module) => names.some((name) => `.${module.name}.`.includes(`.${name}.`)))
    .flatMap(moduleTensors)
    .map(({ name, shape }) => ({ name: `${prefix}${name}`, shape }));
}

function plan(tensors: readonly SavedTensor[], modules: readonly PlannedModule[]): AdapterPlan {
  return { trainable: countElements(tensors), modules, tensors };
}

function countElements(tensors: readonly SavedTensor[]): number {
  return tensors.reduce((sum, { shape }) => sum + elements(shape), 0);
}
