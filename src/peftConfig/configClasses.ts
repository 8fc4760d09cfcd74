/** PEFT's config classes, their nested configs and their enumerations, as a program names them. */

import { COMMON_ARGUMENTS } from './commonKeys';
import { CONFIG_ROWS } from './configTable';
import type { Signature } from './signature';
import { readRow, signature } from './signature';

export interface ConfigClass {
  readonly peftType: string;
  /** The arguments of the constructor. */
  readonly fields: Signature;
}

const BY_NAME: ReadonlyMap<string, ConfigClass> = new Map(
  CONFIG_ROWS.map(([peftType, row]) => {
    const { className, fields } = readRow(row);
    return [className, { peftType, fields: new Map([...signature(COMMON_ARGUMENTS), ...fields]) }];
  }),
);

export const CONFIG_CLASS_NAMES: readonly string[] = [...BY_NAME.keys()];

/** The class of LoRA, which Unsloth constructs too. */
export const LORA_CONFIG: ConfigClass = BY_NAME.get('LoraConfig')!;

/** `null` if PEFT has no config class of this name. */
export function configClass(name: string): ConfigClass | null {
  return BY_NAME.get(name) ?? null;
}

/**
 * Configs that are an argument of another config, with their arguments in order. A file holds them as an object.
 * Source: the dataclasses of huggingface/peft 0.21.
 */
const NESTED: ReadonlyMap<string, readonly string[]> = new Map(
  [
    'ArrowConfig top_k router_temperature use_gks rng_seed',
    'BdLoraConfig target_modules_bd_a target_modules_bd_b nblocks match_strict',
    'CordaConfig cache_file covariance_file corda_method verbose use_float16_for_covariance prune_temporary_fields',
    'EvaConfig rho tau use_label_mask label_mask_value whiten adjust_scaling_factors',
    'KasaConfig beta gamma',
    'LoftQConfig loftq_bits loftq_iter',
    'LoraGAConfig direction scale stable_gamma',
    'LoraRuntimeConfig ephemeral_gpu_offload',
    'MontecloraConfig num_samples use_entropy dirichlet_prior sample_scaler kl_loss_weight buffer_size',
    'VeloraConfig num_groups scale init_type',
  ].map((line) => {
    const [name = '', ...fields] = line.split(' ');
    return [name, fields];
  }),
);

/** `null` if no nested config has this name. */
export function nestedConfigFields(name: string): readonly string[] | null {
  return NESTED.get(name) ?? null;
}

/** Enumerations. Each member's value is its name. */
const ENUMERATIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['TaskType', ['SEQ_CLS', 'SEQ_2_SEQ_LM', 'CAUSAL_LM', 'TOKEN_CLS', 'QUESTION_ANS', 'FEATURE_EXTRACTION']],
  ['PeftType', CONFIG_ROWS.map(([peftType]) => peftType)],
  ['PromptTuningInit', ['TEXT', 'SAMPLE_VOCAB', 'RANDOM']],
  ['PromptEncoderReparameterizationType', ['MLP', 'LSTM']],
  ['MultitaskPromptTuningInit', 'TEXT RANDOM AVERAGE_SOURCE_TASKS EXACT_SOURCE_TASK ONLY_SOURCE_SHARED'.split(' ')],
]);

/** `null` if no enumeration has this name. */
export function enumMembers(name: string): readonly string[] | null {
  return ENUMERATIONS.get(name) ?? null;
}
