/** Explains the tensors that are not an adapter's own: modules saved whole, biases, embeddings, heads. */

import type { AdapterFactorInfo, AdapterModuleInfo } from '../sourceDescription';
import { comparedNames, isTrainedWhole } from '../../peftConfig/adapterConfig';
import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import type { AdapterPart } from './adapterPart';
import type { TensorStyle } from './tensorRoles';
import { elementCount } from '../safetensors/safetensorsLayout';
import type { TensorEntry } from '../header';
import { eachInSteps, mapInSteps } from '../steps';
import type { Steps } from '../steps';
import { withoutPeftPrefix } from './tensorNames';
import { withoutWrappers } from './trainingWrappers';

/** Modules that PEFT saves by default with a classifier or a question-answering model. */
const HEADS = ['classifier', 'score', 'qa_outputs'] as const;
/** Modules that PEFT saves whole if the vocabulary changed, or if one of them is a target. */
export const EMBEDDINGS: readonly string[] = [
  'embed_tokens',
  'lm_head',
  'wte',
  'embed_out',
  'word_embeddings',
  'shared',
  'embed_in',
  'tok_embeddings',
];
/** Textual inversions that OneTrainer and others put into a file of kohya's layout. */
const BUNDLED_EMBEDDING = /^bundle_emb\./;
/** AdapterHub stores prediction heads in a separate file. */
const ADAPTERHUB_HEAD = /^heads\.[^.]+\./;

/** Steps that finding a name inside another takes. */
const STEPS_OF_SEARCH = 4;

interface Saved {
  readonly modules: readonly AdapterModuleInfo[];
  readonly unexplained: readonly { readonly tensor: string; readonly reason: string }[];
}

/** `rest` holds the tensors whose names do not belong to an adapter. */
export function* savedTensors(
  rest: readonly TensorEntry[],
  parts: readonly AdapterPart[],
  config: AdapterConfig | null,
): Steps<Saved> {
  const adapted = new Set<string>();
  const styles = new Set<TensorStyle>();
  yield* eachInSteps(parts, ({ module, style }) => {
    adapted.add(module);
    styles.add(style);
  });
  const saved = [...comparedNames(config, 'modules_to_save'), ...(usesHeads(config) ? HEADS : [])];
  const modules = new Map<string, AdapterFactorInfo[]>();
  const unexplained: { tensor: string; reason: string }[] = [];
  yield* eachInSteps(rest, ({ name, shape }) => {
    const role = roleOf(name, adapted, saved, config) ?? purposeOf(name, shape, styles);
    if (role === null) {
      unexplained.push({ tensor: name, reason: reasonFor(name, config) });
      return;
    }
    const path = BUNDLED_EMBEDDING.test(name) ? name.split('.', 3).join('.') : pathOf(name);
    const module = path.slice(0, Math.max(path.lastIndexOf('.'), 0)).replace(/\.base_layer$/, '');
    const factors = modules.get(module) ?? [];
    modules.set(module, factors);
    factors.push({ tensor: name, role, shape, dims: dimsOf(name, shape) });
  });
  return {
    modules: yield* mapInSteps([...modules], ([module, factors]) => savedModule(module, factors)),
    unexplained,
  };
}

function savedModule(module: string, factors: readonly AdapterFactorInfo[]): AdapterModuleInfo {
  const weight = factors.find(({ shape }) => shape.length === 2)?.shape;
  return {
    module,
    method: 'SAVED',
    rank: null,
    alpha: null,
    scaling: null,
    scalingSource: null,
    inFeatures: weight?.[1] ?? null,
    outFeatures: weight?.[0] ?? null,
    factors,
    parameters: factors.reduce((sum, { shape }) => sum + (elementCount(shape) ?? 0), 0),
    unavailable: 'it is saved whole and replaces the frozen one',
  };
}

/** Tensors that the writers of a format put there on purpose beside the adapter's own. */
function purposeOf(name: string, shape: readonly number[], styles: ReadonlySet<TensorStyle>): string | null {
  if (BUNDLED_EMBEDDING.test(name)) return 'bundled embedding (textual inversion)';
  // mergekit-extract-lora keeps the norms of the tuned model, and convert_lora_to_gguf.py copies them.
  if (styles.has('gguf') && shape.length === 1 && /norm[^.]*\.(?:weight|bias)$/.test(name)) return 'norm, saved whole';
  return null;
}

/** PEFT before 0.4 kept `modules_to_save.default` in names. `original_module` is the copy from before training. */
function pathOf(name: string): string {
  return withoutPeftPrefix(withoutWrappers(name)).replace(
    /\.(?:modules_to_save(?:\.[^.]{1,64})?|original_module)(?=\.[^.]+$)/,
    '',
  );
}

function roleOf(
  name: string,
  adapted: ReadonlySet<string>,
  saved: readonly string[],
  config: AdapterConfig | null,
): string | null {
  const path = pathOf(name);
  const end = path.lastIndexOf('.');
  const module = path.slice(0, Math.max(end, 0));
  const kind = path.slice(end + 1);
  if (ADAPTERHUB_HEAD.test(path)) return 'prediction head';
  if (isTrainedWhole(config)) return `${kind} of a fully trained module`;
  if (config?.peftType === 'SHADOW' && path.startsWith('shadow_backbone.')) return `${kind} of the shadow backbone`;
  if (name.startsWith('base_model.lora_model.'))
    return `${kind} of the base model, which X-LoRA saves with its adapters`;
  if (module.endsWith('.base_layer') && adapted.has(module.slice(0, -'.base_layer'.length)))
    return kind === 'bias' ? 'bias of the adapted module, retrained' : 'frozen weight of the adapted module';
  if (name.includes('.modules_to_save.') || isAnySavedAs(module, saved, config))
    return `${kind} of a module saved whole`;
  if (name.includes('.original_module.')) return `${kind} of a saved module before training`;
  if (kind === 'bias' && hasBias(config)) return 'bias, retrained';
  if (kind === 'weight' && EMBEDDINGS.some((key) => isPart(module, key))) return 'embedding, saved whole';
  // PEFT's prefix shows that the module was saved, even without a config that lists it.
  const fromPeft = name.startsWith('base_model.');
  return !config && fromPeft && (kind === 'weight' || kind === 'bias') ? `${kind} of a module saved whole` : null;
}

function usesHeads(config: AdapterConfig | null): boolean {
  const task = config?.get('task_type');
  return config === null || (typeof task === 'string' && /CLS|QUESTION/.test(task)) || task === undefined;
}

function hasBias(config: AdapterConfig | null): boolean {
  const bias = config?.get('bias');
  return typeof bias === 'string' && bias !== 'none';
}

/** Whether the key names the module or one that contains it. */
function isPart(module: string, key: string): boolean {
  return `.${module}.`.includes(`.${key}.`);
}

/** Spends steps of the config's budget, because a file may have many tensors and a config many names. */
function isAnySavedAs(module: string, saved: readonly string[], config: AdapterConfig | null): boolean {
  if (config && !config.matching.spend(STEPS_OF_SEARCH * saved.length, 'modules_to_save')) return false;
  return saved.some((key) => isSavedAs(module, key));
}

/** PEFT saves every module whose path ends with the key, even within a word: 'norm' also matches 'layernorm'. */
function isSavedAs(module: string, key: string): boolean {
  return key !== '' && `${module}.`.includes(`${key}.`);
}

function dimsOf(name: string, shape: readonly number[]): readonly string[] {
  if (shape.length === 1) return ['out'];
  if (shape.length === 2 && name.endsWith('weight')) return ['out', 'in'];
  return shape.map((_, i) => `dimension ${i + 1}`);
}

function reasonFor(name: string, config: AdapterConfig | null): string {
  const unknown = 'its name belongs to no known method';
  if (!config) return `${unknown}, and there is no adapter_config.json`;
  return /\.(?:weight|bias)$/.test(name)
    ? `${unknown}, and adapter_config.json does not list it as saved (modules_to_save, bias)`
    : unknown;
}
