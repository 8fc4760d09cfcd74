/**
 * LoraConfig and AdaLoraConfig, as rows of the table of `configTable.ts`; `moduleClasses.ts` explains the notation.
 * They stand apart because the inspector writes LoRA adapters and loads no other row.
 *
 * Source: the dataclasses of huggingface/peft 0.21.
 */

import { ADALORA_INITIAL_RANK, LORA_ALPHA, LORA_RANK } from './scalingDefaults';

/** Also the arguments of AdaLoraConfig, which extends LoraConfig. */
const LORA_ARGUMENTS = `
  r=${LORA_RANK} target_modules exclude_modules lora_alpha=${LORA_ALPHA} lora_dropout=0.0 fan_in_fan_out=False
  bias='none' use_rslora=False modules_to_save init_lora_weights=True layers_to_transform layers_pattern
  rank_pattern={} alpha_pattern={} megatron_config megatron_core='megatron.core' trainable_token_indices
  loftq_config={} eva_config corda_config lora_ga_config use_dora=False velora_config alora_invocation_tokens
  use_qalora=False qalora_group_size=16 monteclora_config layer_replication runtime_config={} lora_bias=False
  target_parameters use_bdlora arrow_config kasa_config ensure_weight_tying=False`;

export const LORA = `LoraConfig ${LORA_ARGUMENTS}`;

export const ADALORA = `AdaLoraConfig
  ${LORA_ARGUMENTS} rank_pattern target_r=8 init_r=${ADALORA_INITIAL_RANK} tinit=0 tfinal=0 deltaT=1 beta1=0.85
  beta2=0.85 orth_reg_weight=0.5 total_step`;
