/**
 * PEFT's config classes of the methods that learn virtual tokens, as rows of the table of `configTable.ts`.
 *
 * A row is the name of the class and the arguments of its constructor in their order, without the common ones. An
 * argument is `name=default`, with the default as Python writes it. A bare name has the default None. `name:float`
 * marks a float whose default does not show that it is one. A name that appears again changes its default, not its
 * place.
 *
 * Source: the dataclasses of huggingface/peft 0.21.
 */

/** The first arguments of every class here. */
const VIRTUAL_TOKENS =
  'num_virtual_tokens token_dim num_transformer_submodules num_attention_heads num_layers modules_to_save';

export const CARTRIDGE = `CartridgeConfig ${VIRTUAL_TOKENS} num_frozen_tokens=1`;

export const CPT = `CPTConfig
  ${VIRTUAL_TOKENS} cpt_token_ids cpt_mask cpt_tokens_type_mask opt_weighted_loss_type='none'
  opt_loss_decay_factor=1.0 opt_projection_epsilon=0.1 opt_projection_format_epsilon=0.1 tokenizer_name_or_path`;

export const MULTITASK_PROMPT_TUNING = `MultitaskPromptTuningConfig
  ${VIRTUAL_TOKENS} prompt_tuning_init='RANDOM' prompt_tuning_init_text tokenizer_name_or_path tokenizer_kwargs
  prompt_tuning_init_state_dict_path prompt_tuning_init_task=0 num_ranks=1 num_tasks=1`;

export const PREFIX_TUNING = `PrefixTuningConfig
  ${VIRTUAL_TOKENS} init_weights encoder_hidden_size prefix_projection=False`;

export const PROMPT_TUNING = `PromptTuningConfig
  ${VIRTUAL_TOKENS} prompt_tuning_init='RANDOM' prompt_tuning_init_text tokenizer_name_or_path tokenizer_kwargs`;

export const P_TUNING = `PromptEncoderConfig
  ${VIRTUAL_TOKENS} encoder_reparameterization_type='MLP' encoder_hidden_size encoder_num_layers=2 encoder_dropout=0.0`;
