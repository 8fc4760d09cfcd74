/** The keys of a method that a plan offers as settings, their order, and the values they start with. */

/** The settings shown first, in this order. */
export const SHOWN_FIRST: readonly string[] = [
  'r',
  'init_r',
  'num_virtual_tokens',
  'token_indices',
  'adapter_len',
  'adapter_layers',
  'n_frequency',
  'lora_alpha',
  'alpha',
  'variant',
  'use_dora',
  'use_rslora',
];

/** Training settings that affect neither count nor memory. */
export const WITHOUT_EFFECT = new RegExp(
  [
    'dropout|seed|beta|warmup|interval|exponent|epsilon|temperature|threshold|_loss_|regularization|cayley|invocation',
    '^(?:init_|qalora_|sample_at_|scaling_pass)',
    '(?:_lambda|_lr|_eps|_key|_weight|_niter|_init_task)$',
    '^(?:tinit|tfinal|deltaT|fan_in_fan_out|eps|progressbar|d_initial|apply_GS|coft)$',
    '^use_(?:asa|dynamic_rank|qalora)$',
  ].join('|'),
);

/** PEFT reads these from the model by default, and a wrong one fails only when the model runs. */
export const FROM_THE_MODEL = /^(?:token_dim|num_transformer_submodules|num_attention_heads|num_layers)$/;

/** Settings of a config that have no effect, as `METHOD.key`. */
export const UNUSED_KEYS: ReadonlySet<string> = new Set(['ADALORA.r', 'ADALORA.use_dora', 'ADALORA.lora_bias']);

/** Sensible values for settings without a default in PEFT. */
export const START_VALUES: Readonly<Record<string, string>> = {
  num_virtual_tokens: '20',
  adapter_len: '10',
  adapter_layers: '4',
  token_indices: '0',
  // PEFT refuses an AdaLoRA config without a pruning schedule.
  total_step: '1000',
};
