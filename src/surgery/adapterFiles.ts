/**
 * Makes the files of a new LoRA adapter. It is plain: use_rslora and use_dora are off, and alpha is the rank of each
 * module times its scaling, with patterns for the modules that differ. A folder in PEFT's layout, or one file in kohya's
 * layout if the names came from there: its underscores cannot be undone without the list of modules.
 */

import type { ConfigObject, ConfigValue } from '../checkpoint/adapters/adapterConfigJson';
import { savedPeftConfig } from '../peftConfig/peftConfigFile';
import type { Dtype } from '../checkpoint/dtypes';
import type { TensorData } from '../checkpoint/safetensors/safetensorsWriter';
import { LORA } from '../peftConfig/loraClasses';
import { checkFloatDtype, encodeValues } from './encodeValues';
import { SurgeryError } from './errors';
import type { AdapterModule, OpenedAdapter } from './readAdapter';
import type { ProductFactors } from './truncatedProduct';

export interface NewModule extends ProductFactors {
  readonly name: string;
  readonly form: 'linear' | 'embedding' | 'convolution';
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Sizes of A and B behind the first two, (3, 3) and (1, 1); empty unless it is a convolution. */
  readonly kernel: readonly number[];
  /** The factor on B·A that alpha is to give. */
  readonly scaling: number;
}

export interface NewAdapter {
  readonly layout: 'peft' | 'kohya';
  readonly config: ConfigObject;
  readonly tensors: readonly TensorData[];
}

/** Settings of an input that still hold for the new adapter. */
const KEPT_SETTINGS = [
  ...['base_model_name_or_path', 'task_type', 'fan_in_fan_out', 'lora_dropout', 'revision', 'modules_to_save', 'bias'],
  ...['auto_mapping', 'layer_replication'],
] as const;

/** The form of a module in a new file. @throws SurgeryError Unsupported for stacked experts */
export function formOf({
  name,
  form,
  info,
  storedShapeA,
}: AdapterModule): Pick<NewModule, 'name' | 'form' | 'kernel' | 'inFeatures' | 'outFeatures'> {
  if (form === 'expert') {
    const message = `${name}: the factors of stacked experts (target_parameters) are not written by this operation`;
    throw new SurgeryError('Unsupported', message, name);
  }
  const { inFeatures, outFeatures } = info;
  return { name, form, kernel: form === 'convolution' ? storedShapeA.slice(2) : [], inFeatures, outFeatures };
}

/** The layout that the inputs have in common. @throws SurgeryError Unsupported if kohya's names meet others */
export function commonLayout(adapters: readonly OpenedAdapter[]): NewAdapter['layout'] {
  const kohya = adapters.filter(({ source }) => source.description.layout?.startsWith('kohya') ?? false);
  if (kohya.length === 0) return 'peft';
  if (kohya.length === adapters.length) return 'kohya';
  const message =
    "the names of kohya's layout cannot be matched with those of other layouts: convert one of them first";
  throw new SurgeryError('Unsupported', message, kohya[0]!.path);
}

/**
 * `inputs` give the settings that stay and the names of targets. `replaced` are tensors that are kept as they are.
 * @throws SurgeryError Unsupported
 */
export function newAdapter(
  inputs: readonly OpenedAdapter[],
  modules: readonly NewModule[],
  dtype: string,
  replaced: readonly TensorData[] = [],
): NewAdapter {
  const layout = inputs.length === 0 ? 'peft' : commonLayout(inputs);
  const factors = modules.flatMap((module) => (layout === 'kohya' ? kohyaTensors : peftTensors)(module, dtype));
  return { layout, config: plainConfig(inputs, modules, replaced), tensors: [...factors, ...replaced] };
}

function plainConfig(
  inputs: readonly OpenedAdapter[],
  modules: readonly NewModule[],
  replaced: readonly TensorData[],
): ConfigObject {
  const first = inputs[0]?.config ?? {};
  const kept = Object.fromEntries(
    KEPT_SETTINGS.flatMap((key) => (first[key] === undefined ? [] : [[key, first[key] as ConfigValue]])),
  );
  const rank = mostCommon(modules.map(({ rank: own }) => own)) ?? 1;
  const alpha = mostCommon(modules.map((module) => module.rank * module.scaling)) ?? rank;
  const pattern = (of: (module: NewModule) => number, usual: number): ConfigObject =>
    Object.fromEntries(modules.filter((module) => of(module) !== usual).map((module) => [module.name, of(module)]));
  const saved = savedNames(inputs, replaced);
  return savedPeftConfig(LORA, {
    ...kept,
    peft_type: 'LORA',
    r: rank,
    lora_alpha: alpha,
    rank_pattern: pattern((module) => module.rank, rank),
    alpha_pattern: pattern((module) => module.rank * module.scaling, alpha),
    target_modules: targetModules(inputs, modules),
    modules_to_save: saved.length > 0 ? saved : null,
    inference_mode: true,
  }) as ConfigObject;
}

/** The union of the inputs' lists if they mean the same modules in any model, otherwise the modules' full names. */
function targetModules(inputs: readonly OpenedAdapter[], modules: readonly NewModule[]): readonly string[] {
  const lists = inputs.map(({ config }) => config?.['target_modules']);
  const narrowed = inputs.some(({ config }) =>
    ['layers_to_transform', 'exclude_modules'].some((key) => (config?.[key] ?? null) !== null),
  );
  const names = modules.map(({ name }) => name);
  if (narrowed || lists.length === 0 || !lists.every((list) => Array.isArray(list))) return names;
  const union = [...new Set(lists.flat().filter((entry): entry is string => typeof entry === 'string'))];
  const covered = names.every((name) => union.some((key) => name === key || name.endsWith(`.${key}`)));
  return covered ? union.sort() : names;
}

function savedNames(inputs: readonly OpenedAdapter[], replaced: readonly TensorData[]): readonly string[] {
  if (replaced.length === 0) return [];
  const listed = inputs.flatMap(({ config }) => config?.['modules_to_save'] ?? []);
  return [...new Set(listed.filter((entry): entry is string => typeof entry === 'string'))];
}

function peftTensors(module: NewModule, dtype: string): TensorData[] {
  const { name, form, rank, inFeatures, outFeatures, kernel, a, b } = module;
  const stem = `base_model.model.${name}`;
  if (form === 'embedding') {
    return [
      tensor(`${stem}.lora_embedding_A`, [rank, inFeatures], a, dtype),
      tensor(`${stem}.lora_embedding_B`, [outFeatures, rank], b, dtype),
    ];
  }
  const [shapeA, shapeB] = factorShapes({ rank, inFeatures, outFeatures, kernel });
  return [tensor(`${stem}.lora_A.weight`, shapeA, a, dtype), tensor(`${stem}.lora_B.weight`, shapeB, b, dtype)];
}

function kohyaTensors(module: NewModule, dtype: string): TensorData[] {
  const { name, rank, scaling, a, b } = module;
  const [shapeA, shapeB] = factorShapes(module);
  return [
    tensor(`${name}.lora_down.weight`, shapeA, a, dtype),
    tensor(`${name}.lora_up.weight`, shapeB, b, dtype),
    tensor(`${name}.alpha`, [], Float64Array.of(rank * scaling), 'F32'),
  ];
}

function factorShapes({
  rank,
  inFeatures,
  outFeatures,
  kernel,
}: Pick<NewModule, 'rank' | 'inFeatures' | 'outFeatures' | 'kernel'>): [readonly number[], readonly number[]] {
  const size = kernel.reduce((product, side) => product * side, 1);
  return [
    [rank, inFeatures / size, ...kernel],
    [outFeatures, rank, ...kernel.map(() => 1)],
  ];
}

function tensor(name: string, shape: readonly number[], values: Float64Array, dtype: string): TensorData {
  const float = checkFloatDtype(dtype, name);
  return { name, shape, dtype: float satisfies Dtype, data: encodeValues(values, float) };
}

function mostCommon(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([x, n], [y, m]) => m - n || y - x)[0]?.[0];
}
