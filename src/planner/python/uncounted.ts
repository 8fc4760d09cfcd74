/** Which settings no count depends on, so that a config whose value of them is not known is counted all the same. */

import type { PythonConfigCall, UnknownSetting } from '../../protocol/python';

const NOT_COUNTED = new Set(
  [
    // What the file is called and where it comes from.
    'auto_mapping base_model_name_or_path inference_mode peft_type peft_version revision',
    // Strengths and directions of the update.
    'alpha alpha_pattern delora_lambda fan_in_fan_out lambda_pattern lora_alpha psoft_alpha randlora_alpha',
    'regularization_alpha scaling shadow_alpha use_rslora',
    // Where values start.
    'd_initial init_bias init_ia3_weights init_logits_std init_scale init_theta_d_bound init_v_bound',
    'init_vector_bank_bound loftq_config projection_prng_key projection_seed proj_seed random_loc_seed random_seed',
    'prompt_tuning_init prompt_tuning_init_task prompt_tuning_init_text prompt_tuning_init_state_dict_path',
    'tokenizer_kwargs tokenizer_name_or_path',
    // How it is trained.
    'auxiliary_loss_weight beta1 beta2 coft deltaT encoder_dropout eps lora_dropout module_dropout orth_reg_weight',
    'rank_dropout rank_dropout_scale softmax_temperature target_r tfinal tinit total_step',
    // How it is run.
    'megatron_config megatron_core progressbar runtime_config',
  ].flatMap((line) => line.split(' ')),
);

/** The settings that are not known and that the count depends on. */
export function uncounted({ unknown }: PythonConfigCall): readonly UnknownSetting[] {
  return unknown.filter(({ key }) => !NOT_COUNTED.has(key) && !key.endsWith('_dropout'));
}
