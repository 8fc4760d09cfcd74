/**
 * The values that a key with a fixed choice accepts.
 *
 * Source: the `Literal` types, the enumerations and the checks of the config classes of huggingface/peft 0.21.
 */

import { enumMembers } from './configClasses';

const members = (name: string): readonly string[] => enumMembers(name) ?? [];
const BOOLEANS = [true, false];

/** Accepted values by key, or by `METHOD.key` if methods differ. */
const WORDS: Readonly<Record<string, readonly unknown[]>> = {
  task_type: [...members('TaskType'), null],
  bias: ['none', 'all', 'lora_only'],
  'BOFT.bias': ['none', 'all', 'boft_only'],
  'OFT.bias': ['none', 'all', 'oft_only'],
  'DELORA.bias': ['none', 'all', 'delora_only'],
  'C3A.init_weights': [...BOOLEANS, 'gaussian', 'kaiming_uniform', 'xavier_uniform', null],
  'HIRA.init_weights': [...BOOLEANS, 'gaussian', null],
  'LOKR.init_weights': [...BOOLEANS, 'lycoris'],
  'MISS.init_weights': [...BOOLEANS, 'bat', 'mini'],
  'ADAMSS.init_weights': ['orthogonal', null],
  'PREFIX_TUNING.init_weights': ['zero', null],
  variant: ['road_1', 'road_2', 'road_4'],
  mask_type: ['random'],
  poly_type: ['poly'],
  decomposition_method: ['relu', 'qr'],
  config_A_B: ['lora', 'vector', 'constant', 'none'],
  config_C: ['lora', 'vector', 'none'],
  config_D_E: ['vector', 'constant', 'none'],
  psoft_svd: ['full', 'lowrank'],
  ab_svd_init: ['psoft_init', 'pissa_init'],
  encoder_reparameterization_type: members('PromptEncoderReparameterizationType'),
  prompt_tuning_init: members('PromptTuningInit'),
  'MULTITASK_PROMPT_TUNING.prompt_tuning_init': members('MultitaskPromptTuningInit'),
  opt_weighted_loss_type: ['none', 'decay', null],
};

/** The values that a key of a method accepts; `null` if the choice is free. */
export function wordsFor(method: string, key: string): readonly unknown[] | null {
  return WORDS[`${method}.${key}`] ?? WORDS[key] ?? null;
}
