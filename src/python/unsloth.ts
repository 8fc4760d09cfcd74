/**
 * Unsloth's way to put LoRA on a model: `FastLanguageModel.get_peft_model(model, r=16, ...)` makes the LoraConfig
 * itself, and its arguments have other defaults.
 *
 * Source: the signatures of unslothai/unsloth, as of 2025-12.
 */

import type { ConfigClass } from '../peftConfig/configClasses';
import { LORA_CONFIG } from '../peftConfig/configClasses';
import { signature } from '../peftConfig/signature';

const LINEAR_LAYERS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
/** Modules that Unsloth trains whole if they are named as targets. */
const TRAINED_WHOLE = ['embed_tokens', 'lm_head'];

const COMMON =
  'use_gradient_checkpointing="unsloth" random_state=3407 max_seq_length=2048 use_rslora=False modules_to_save ' +
  "init_lora_weights=True loftq_config={} temporary_location='_unsloth_temporary_saved_buffers' qat_scheme";

const LANGUAGE_MODEL = signature(
  `model r=16 target_modules=[${LINEAR_LAYERS.map((name) => `'${name}'`).join(',')}] lora_alpha=16 lora_dropout=0.0 ` +
    `bias='none' layers_to_transform layers_pattern ${COMMON}`,
);
const ANY_MODEL = signature(
  "model r=16 target_modules lora_alpha=16 lora_dropout=0.0 bias='none' finetune_vision_layers=True " +
    'finetune_language_layers=True finetune_attention_modules=True finetune_mlp_modules=True layers_to_transform ' +
    `layers_pattern ${COMMON}`,
);

const LOADERS = new Map([
  ['FastLanguageModel', LANGUAGE_MODEL],
  ['FastModel', ANY_MODEL],
  ['FastVisionModel', ANY_MODEL],
]);

export interface UnslothCall {
  readonly className: string;
  readonly type: ConfigClass;
}

/**
 * `path` is the full dotted name, with '?' before a name that the program does not bind. `null` for any other function.
 */
export function unslothCall(path: string): UnslothCall | null {
  const segments = path.replace(/^\?/, '').split('.');
  if (segments.pop() !== 'get_peft_model') return null;
  const loader = segments.pop() ?? '';
  const known = segments.includes('unsloth') || (segments.length === 0 && path.startsWith('?'));
  const type = known ? unslothClass(`${loader}.get_peft_model`) : null;
  return type && { className: `${loader}.get_peft_model`, type };
}

/** The arguments of 'FastLanguageModel.get_peft_model': its own, then those that it passes on to LoraConfig. */
export function unslothClass(className: string): ConfigClass | null {
  const own = LOADERS.get(className.replace(/\.get_peft_model$/, ''));
  const lora = LORA_CONFIG;
  if (!own || !className.endsWith('.get_peft_model')) return null;
  const handedOn = [...lora.fields].filter(([key]) => !own.has(key));
  return { peftType: lora.peftType, fields: new Map([...own, ...handedOn]) };
}

/**
 * The settings of the LoraConfig that the call makes; `unknown` names the arguments whose value cannot be determined.
 */
export function unslothConfig(
  { className }: UnslothCall,
  given: Readonly<Record<string, unknown>>,
  unknown: ReadonlySet<string>,
): { readonly config: Readonly<Record<string, unknown>>; readonly chosenByUnsloth: boolean } {
  const lora = LORA_CONFIG.fields;
  const config: Record<string, unknown> = { r: 16, lora_alpha: 16 };
  for (const [key, value] of Object.entries(given)) if (lora.has(key)) config[key] = value;
  for (const key of ['r', 'lora_alpha']) if (unknown.has(key)) delete config[key];
  if (config['loftq_config'] === null) delete config['loftq_config'];
  const language = className.startsWith('FastLanguageModel');
  if (language && !Object.hasOwn(given, 'target_modules') && !unknown.has('target_modules'))
    config['target_modules'] = [...LINEAR_LAYERS];
  const targets = config['target_modules'];
  // Unsloth then makes a pattern over the layers of each kind of model.
  const chosenByUnsloth = !Array.isArray(targets) && !unknown.has('target_modules');
  if (chosenByUnsloth) delete config['target_modules'];
  if (!language || !Array.isArray(targets)) return { config, chosenByUnsloth };
  const whole = targets.filter((name) => TRAINED_WHOLE.includes(name));
  if (whole.length > 0 && !unknown.has('modules_to_save')) {
    const saved = Array.isArray(config['modules_to_save']) ? config['modules_to_save'] : [];
    config['target_modules'] = targets.filter((name) => !TRAINED_WHOLE.includes(name));
    config['modules_to_save'] = [...new Set<unknown>([...saved, ...whole])];
  }
  return { config, chosenByUnsloth };
}
