/**
 * Finds the tensors of an adapter that PEFT would not match with the model. PEFT leaves the modules of such keys as they
 * were initialised, with at most a warning: the adapter changes nothing there.
 *
 * Source: huggingface/peft `utils/save_and_load.py`, `set_peft_model_state_dict`, as of 0.21.
 */

import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import type { Problem } from '../../peftConfig/problem';
import { quoted } from '../../peftConfig/quoted';
import { eachInSteps } from '../steps';
import type { Steps } from '../steps';
import type { PartTensor } from './adapterPart';
import type { AdapterParts } from './adapterParts';
import { TRAINING_WRAPPERS, withoutWrappers, wrappersOf } from './trainingWrappers';

interface Reason {
  /** What is wrong with the keys, as a clause. */
  readonly fault: string;
  readonly remedy: string;
}

const PREFIX = 'base_model.model.';
const DOUBLED = `${PREFIX}base_model.`;
/** Parameters to which PEFT appends the adapter's name when it loads them, followed by a name that is already there. */
const NAMED_ADAPTER = /\.(?:lora|hada|lokr|ia3|oft|boft|hra|miss|vera_lambda|fourierft)_\w+\.([^.]+)(?:\.weight)?$/;
/** PEFT calls its adapter so if nobody names it. Keys that hold this name load under it (PEFT 0.21). */
const USUAL_ADAPTER = 'default';
/** Everything that PEFT puts first: its models, and X-LoRA's. */
const PREFIXED = /^base_model\.(?:model|lora_model|internal_xlora\w*)\./;
/**
 * Keys that transformers does not save either: they begin inside the model ('layers.0'), or a trainer's own name comes
 * before the model's ('actor.model'). Parts of multimodal models that hold a model are no such names.
 */
const NO_MODEL_NAME =
  /^(?:\w+\.\d+\.|(?!(?:language_model|text_model|thinker|talker|vlm|model)\.)\w+\.(?:model|transformer)\.)/;
/** A language model with a head holds its layers in a model of its own, 'model.layers' or 'transformer.h'. */
const BARE_LAYERS = /^base_model\.model\.(?:layers|h)\.\d+\./;
/** Libraries whose names PEFT does not have. llama.cpp's are not meant for PEFT, and LoHa and LoKr are named alike. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['kohya', 'kohya'],
  ['diffusers', 'diffusers'],
  ['mlx', 'MLX'],
  ['torchtune', 'torchtune'],
  ['nemo', 'NeMo'],
  ['ktransformers', 'ktransformers'],
]);

/** One problem per reason. Only PEFT's own configs promise that PEFT can load the file. */
export function* unmatchedKeys({ parts }: AdapterParts, config: AdapterConfig | null): Steps<Problem[]> {
  if (!config?.peftType) return [];
  const own: { readonly method: string; readonly tensor: PartTensor }[] = [];
  let prefixed = false;
  yield* eachInSteps(parts, ({ module, method, tensors }) => {
    if (module === '') return;
    for (const tensor of tensors.values()) {
      own.push({ method, tensor });
      prefixed ||= tensor.entry.name.startsWith(PREFIX);
    }
  });
  const found = new Map<string, { readonly reason: Reason; readonly keys: string[] }>();
  const task = config.get('task_type');
  yield* eachInSteps(own, ({ method, tensor }) => {
    const reason = reasonFor(tensor, method, prefixed, task);
    if (!reason) return;
    const group = found.get(reason.fault) ?? { reason, keys: [] };
    found.set(reason.fault, group);
    group.keys.push(tensor.entry.name);
  });
  const unmatched = [...found.values()].reduce((sum, { keys }) => sum + keys.length, 0);
  const loaded = own.length - unmatched;
  return [...found.values()].map(({ reason: { fault, remedy }, keys }) => ({
    severity: loaded === 0 ? 'error' : 'warning',
    message:
      `${keys.length} keys ${fault}, such as ${quoted(keys[0]!)}: PEFT matches none of them with the model. ` +
      `It would load ${loaded} of the ${own.length} adapter tensors${loaded === 0 ? ' and change nothing' : ''}. ${remedy}`,
    subject: keys[0]!,
  }));
}

function reasonFor({ name, entry }: PartTensor, method: string, prefixed: boolean, task: unknown): Reason | null {
  if (name.style === 'gguf' || name.style === 'adapterhub') return null;
  const wrappers = [...new Set(wrappersOf(entry.name))];
  if (wrappers.length > 0) {
    const causes = wrappers.map((wrapper) => `${quoted(wrapper)} (${TRAINING_WRAPPERS.get(wrapper)!})`);
    return {
      fault: `hold the name of a training wrapper, ${causes.join(' and ')}`,
      remedy: `Save the unwrapped model, or remove ${wrappers.map((each) => quoted(`${each}.`)).join(' and ')} from the keys`,
    };
  }
  const key = withoutWrappers(entry.name);
  if (method === 'LORA' && !name.rule.weak && FOREIGN.has(name.style)) {
    const library = FOREIGN.get(name.style)!;
    return { fault: `have the names of ${library}`, remedy: "Convert the keys to PEFT's names" };
  }
  if (key.startsWith(DOUBLED) || key.indexOf(PREFIX, 1) > 0)
    return { fault: `hold ${quoted(PREFIX)} at the wrong place`, remedy: 'Keep the prefix once, at the start' };
  if (prefixed && !key.startsWith('base_model.'))
    return { fault: `lack the prefix ${quoted(PREFIX)} that other keys have`, remedy: 'Add the prefix to all keys' };
  const misplaced = misplacedPrefix(key, task);
  if (misplaced) return misplaced;
  const adapter = NAMED_ADAPTER.exec(key)?.[1];
  if (adapter !== undefined && adapter === name.adapter && adapter !== USUAL_ADAPTER)
    return {
      fault: `hold the name of the adapter, ${quoted(adapter)}, which PEFT adds again`,
      remedy: `Remove '.${adapter}' from the keys, or load the adapter under this name`,
    };
  // AdaLoRA's factors are bare parameters; LoRA's are linear layers, except for embeddings.
  if (method === 'LORA' && /\.lora_[AB]$/.test(key))
    return { fault: "lack the ending '.weight'", remedy: "Add '.weight' to the keys" };
  return null;
}

/** Prefixes that no model of PEFT or transformers has. */
function misplacedPrefix(key: string, task: unknown): Reason | null {
  const remedy = `Put ${quoted(PREFIX)} before the model's own names`;
  if (key.startsWith('base_model.') && !PREFIXED.test(key))
    return { fault: `begin with 'base_model.' alone, not with ${quoted(PREFIX)}`, remedy };
  if (!key.startsWith('base_model.') && NO_MODEL_NAME.test(key))
    return { fault: `lack the prefix ${quoted(PREFIX)}`, remedy };
  if (task === 'CAUSAL_LM' && BARE_LAYERS.test(key))
    return {
      fault: "lack the name of the model inside the language model, such as 'model.'",
      remedy: "Check the keys against the base model's: the prefix of PEFT comes before all of its name",
    };
  return null;
}
