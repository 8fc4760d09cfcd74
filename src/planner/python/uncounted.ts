/** Settings that do not affect the count: a config is counted even if their values are unknown. */

import type { PythonConfigCall, UnknownSetting } from '../../protocol/python';

const NOT_COUNTED = new Set(
  [
    // The origin of the adapter.
    'auto_mapping base_model_name_or_path inference_mode peft_type peft_version revision',
    // The strength of the update.
    'alpha alpha_pattern delora_lambda fan_in_fan_out lambda_pattern lora_alpha psoft_alpha randlora_alpha',
    'regularization_alpha scaling shadow_alpha use_rslora',
    // Initial values.
    'd_initial init_bias init_ia3_weights init_logits_std init_scale init_theta_d_bound init_v_bound',
    'init_vector_bank_bound loftq_config projection_prng_key projection_seed proj_seed random_loc_seed random_seed',
    'prompt_tuning_init prompt_tuning_init_task prompt_tuning_init_text prompt_tuning_init_state_dict_path',
    'tokenizer_kwargs tokenizer_name_or_path',
    // Training.
    'auxiliary_loss_weight beta1 beta2 coft deltaT encoder_dropout eps lora_dropout module_dropout orth_reg_weight',
    'rank_dropout rank_dropout_scale softmax_temperature target_r tfinal tinit total_step',
    // Execution.
    'megatron_config megatron_core progressbar runtime_config',
  ].flatMap((line) => line.split(' ')),
);

/** The unknown settings that affect the count. */
export function uncounted({ unknown }: PythonConfigCall): readonly UnknownSetting[] {
  return unknown.filter(({ key }) => !NOT_COUNTED.has(key) && !key.endsWith('_dropout'));
}
