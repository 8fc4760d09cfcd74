/**
 * The keys of every peft_type's config with PEFT's defaults; `null` is also the default of what has to be given.
 *
 * Source: the config classes of huggingface/peft 0.21.
 */

/** Key to default. */
type Defaults = Readonly<Record<string, unknown>>;

/** In every config. */
export const COMMON_KEYS: Defaults = {
  task_type: null,
  peft_type: null,
  auto_mapping: null,
  peft_version: null,
  base_model_name_or_path: null,
  revision: null,
  inference_mode: false,
};

/** In the config of every method that adapts modules by their names. */
const TARGETING: Defaults = {
  target_modules: null,
  modules_to_save: null,
  layers_to_transform: null,
  layers_pattern: null,
};

/** In the config of every method that learns virtual tokens. */
const VIRTUAL_TOKENS: Defaults = {
  num_virtual_tokens: null,
  token_dim: null,
  num_transformer_submodules: null,
  num_attention_heads: null,
  num_layers: null,
  modules_to_save: null,
};

// prettier-ignore
const LORA: Defaults = {
  ...TARGETING,
  r: 8,
  exclude_modules: null,
  lora_alpha: 8,
  lora_dropout: 0.0,
  fan_in_fan_out: false,
  bias: 'none',
  use_rslora: false,
  init_lora_weights: true,
  rank_pattern: {},
  alpha_pattern: {},
  megatron_config: null,
  megatron_core: 'megatron.core',
  trainable_token_indices: null,
  loftq_config: {},
  eva_config: null,
  corda_config: null,
  lora_ga_config: null,
  use_dora: false,
  velora_config: null,
  alora_invocation_tokens: null,
  use_qalora: false,
  qalora_group_size: 16,
  monteclora_config: null,
  layer_replication: null,
  runtime_config: {},
  lora_bias: false,
  target_parameters: null,
  use_bdlora: null,
  arrow_config: null,
  kasa_config: null,
  ensure_weight_tying: false,
};

/** Keys beside the common ones. */
// prettier-ignore
export const METHOD_KEYS: Readonly<Record<string, Defaults>> = {
  LORA,
  ADALORA: {
    ...LORA, rank_pattern: null, target_r: 8, init_r: 12, tinit: 0, tfinal: 0, deltaT: 1, beta1: 0.85, beta2: 0.85,
    orth_reg_weight: 0.5, total_step: null,
  },
  ADAMSS: {
    ...TARGETING, r: 100, num_subspaces: 5, subspace_rank: 1, init_weights: 'orthogonal', use_asa: false,
    asa_target_subspaces: 50, init_warmup: 50, final_warmup: 1000, mask_interval: 100, asa_importance_beta: 0.85,
    asa_uncertainty_beta: 0.85, asa_schedule_exponent: 3.0, use_dynamic_rank: false, svd_threshold: 0.1, random_seed: 0,
  },
  ADAPTION_PROMPT: { target_modules: null, adapter_len: null, adapter_layers: null },
  BEFT: { target_modules: null, modules_to_save: null, init_weights: true },
  BOFT: {
    ...TARGETING, boft_block_size: 4, boft_block_num: 0, boft_n_butterfly_factor: 1, exclude_modules: null,
    boft_dropout: 0.0, fan_in_fan_out: false, bias: 'none', init_weights: true,
  },
  C3A: { ...TARGETING, block_size: 256, bias: 'none', block_size_pattern: {}, init_weights: 'xavier_uniform' },
  CARTRIDGE: { ...VIRTUAL_TOKENS, num_frozen_tokens: 1 },
  CPT: {
    ...VIRTUAL_TOKENS, cpt_token_ids: null, cpt_mask: null, cpt_tokens_type_mask: null, opt_weighted_loss_type: 'none',
    opt_loss_decay_factor: 1.0, opt_projection_epsilon: 0.1, opt_projection_format_epsilon: 0.1,
    tokenizer_name_or_path: null,
  },
  DEFT: {
    ...TARGETING, r: 8, exclude_modules: null, decomposition_method: 'relu', init_scale: 1.0, alpha: null, para: false,
    fan_in_fan_out: false, deft_dropout: 0.0, init_weights: true, bias: 'none',
  },
  DELORA: {
    ...TARGETING, r: 8, delora_lambda: 15, module_dropout: 0.0, exclude_modules: null, bias: 'none', init_weights: true,
    rank_pattern: {}, lambda_pattern: {},
  },
  FOURIERFT: {
    ...TARGETING, n_frequency: 1000, scaling: 150.0, random_loc_seed: 777, fan_in_fan_out: false, exclude_modules: null,
    bias: 'none', n_frequency_pattern: {}, init_weights: false,
  },
  FROD: {
    ...TARGETING, projection_prng_key: 0, save_projection: true, frod_dropout: 0.0, fan_in_fan_out: false, bias: 'none',
    init_weights: true, sparse_rate: 0.01, regularization_alpha: 0.001, progressbar: true,
    runtime_offload_base_weight: false,
  },
  GLORA: {
    r: 8, target_modules: null, bias: 'none', modules_to_save: null, config_A_B: 'lora', config_C: 'lora',
    config_D_E: 'constant', init_weights: true,
  },
  GRALORA: {
    ...TARGETING, r: 32, hybrid_r: 0, alpha: 64, gralora_dropout: 0.0, gralora_k: 2, fan_in_fan_out: false,
    bias: 'none', init_weights: true,
  },
  HIRA: {
    ...TARGETING, r: 32, exclude_modules: null, hira_dropout: 0.0, fan_in_fan_out: false, init_weights: true,
    rank_pattern: {},
  },
  HRA: { ...TARGETING, r: 8, apply_GS: false, exclude_modules: null, init_weights: true, bias: 'none' },
  IA3: {
    target_modules: null, exclude_modules: null, feedforward_modules: null, fan_in_fan_out: false,
    modules_to_save: null, init_ia3_weights: true,
  },
  LILY: { ...TARGETING, r: 32, stride_A: 1, num_B: 2, scaling: 1.0, exclude_modules: null, init_weights: true },
  LN_TUNING: { target_modules: null, exclude_modules: null, modules_to_save: null },
  LOHA: {
    ...TARGETING, rank_pattern: {}, alpha_pattern: {}, r: 8, alpha: 8, rank_dropout: 0.0, module_dropout: 0.0,
    use_effective_conv2d: false, exclude_modules: null, init_weights: true,
  },
  LOKR: {
    ...TARGETING, rank_pattern: {}, alpha_pattern: {}, r: 8, alpha: 8, rank_dropout: 0.0, module_dropout: 0.0,
    use_effective_conv2d: false, decompose_both: false, decompose_factor: -1, rank_dropout_scale: false,
    exclude_modules: null, init_weights: true,
  },
  MISS: { ...TARGETING, r: 64, miss_dropout: 0.0, mini_r: 1, exclude_modules: null, init_weights: true, bias: 'none' },
  MULTITASK_PROMPT_TUNING: {
    ...VIRTUAL_TOKENS, prompt_tuning_init: 'RANDOM', prompt_tuning_init_text: null, tokenizer_name_or_path: null,
    tokenizer_kwargs: null, prompt_tuning_init_state_dict_path: null, prompt_tuning_init_task: 0, num_ranks: 1,
    num_tasks: 1,
  },
  OFT: {
    ...TARGETING, r: 0, oft_block_size: 32, module_dropout: 0.0, fan_in_fan_out: false, bias: 'none',
    exclude_modules: null, init_weights: true, coft: false, eps: 6e-05, block_share: false, use_cayley_neumann: true,
    num_cayley_neumann_terms: 5,
  },
  OSF: {
    effective_rank: null, target_modules: null, rank_pattern: null, init_weights: true, modules_to_save: null,
    target_svd_config: null,
  },
  PEANUT: { ...TARGETING, r: 32, depth: 0, act_fn: 'relu', scaling: 1.0, exclude_modules: null, init_weights: true },
  POLY: {
    r: 8, target_modules: null, exclude_modules: null, modules_to_save: null, init_weights: true, poly_type: 'poly',
    n_tasks: 1, n_skills: 4, n_splits: 1,
  },
  PREFIX_TUNING: { ...VIRTUAL_TOKENS, init_weights: null, encoder_hidden_size: null, prefix_projection: false },
  PROMPT_TUNING: {
    ...VIRTUAL_TOKENS, prompt_tuning_init: 'RANDOM', prompt_tuning_init_text: null, tokenizer_name_or_path: null,
    tokenizer_kwargs: null,
  },
  PSOFT: {
    ...TARGETING, r: 32, exclude_modules: null, psoft_alpha: 32, psoft_dropout: 0.0, fan_in_fan_out: false,
    ab_svd_init: 'psoft_init', psoft_svd: 'full', psoft_svd_lowrank_niter: 10, random_seed: 0, psoft_orth: true,
    psoft_mag_b: true, psoft_mag_a: true, use_cayley_neumann: false, num_cayley_neumann_terms: 5,
    cayley_neumann_eps: null, init_weights: true,
  },
  PVERA: {
    ...TARGETING, r: 256, projection_prng_key: 0, save_projection: true, pvera_dropout: 0.0, d_initial: 0.1,
    fan_in_fan_out: false, bias: 'none', init_weights: true, sample_at_inference: false, generator_seed: null,
  },
  P_TUNING: {
    ...VIRTUAL_TOKENS, encoder_reparameterization_type: 'MLP', encoder_hidden_size: null, encoder_num_layers: 2,
    encoder_dropout: 0.0,
  },
  RANDLORA: {
    ...TARGETING, r: 32, projection_prng_key: 0, save_projection: true, sparse: false, very_sparse: false,
    randlora_dropout: 0.0, fan_in_fan_out: false, randlora_alpha: 640, bias: 'none', init_weights: true,
  },
  ROAD: { variant: 'road_1', group_size: 64, init_weights: true, target_modules: null, modules_to_save: null },
  SHADOW: {
    ...TARGETING, exclude_modules: null, r: 8, shadow_alpha: 0.1, shadow_dropout: 0.2, init_weights: true,
    shadow_model: 'mirror', shadow_num_hidden_layers: null, shadow_hidden_size: null, shadow_num_attention_heads: null,
    shadow_intermediate_size: null, share_embeddings: true, update_hidden_size: null, auxiliary_loss_weight: 0.05,
  },
  SHIRA: {
    r: 32, mask_type: 'random', random_seed: null, target_modules: null, fan_in_fan_out: false, init_weights: true,
    modules_to_save: null,
  },
  SUPERTUNING: {
    target_modules: null, modules_to_save: null, sparsity: 0.99, select_top: true, r: null, lora_alpha: null,
    lora_dropout: 0.0, init_weights: true, save_precomputed_indices: true,
  },
  TINYLORA: {
    ...TARGETING, r: 2, u: 64, weight_tying: 0.0, projection_seed: 42, save_projection: true, init_v_bound: 0.02,
    tinylora_dropout: 0.0, fan_in_fan_out: false, bias: 'none', init_weights: true,
  },
  TRAINABLE_TOKENS: { token_indices: [], target_modules: null, init_weights: true },
  UNILORA: {
    ...TARGETING, r: 4, proj_seed: 42, theta_d_length: 256, unilora_dropout: 0.0, fan_in_fan_out: false, bias: 'none',
    init_theta_d_bound: 0.02, init_weights: true, save_indices: false,
  },
  VBLORA: {
    ...TARGETING, r: 4, num_vectors: 256, vector_length: 256, topk: 2, exclude_modules: null,
    save_only_topk_weights: false, vblora_dropout: 0.0, fan_in_fan_out: false, bias: 'none',
    init_vector_bank_bound: 0.02, init_logits_std: 0.1,
  },
  VERA: {
    ...TARGETING, r: 256, projection_prng_key: 0, save_projection: true, vera_dropout: 0.0, d_initial: 0.1,
    fan_in_fan_out: false, bias: 'none', init_weights: true,
  },
  WAVEFT: {
    ...TARGETING, n_frequency: 2592, scaling: 25.0, wavelet_family: 'db1', use_idwt: true, random_loc_seed: 777,
    fan_in_fan_out: false, exclude_modules: null, bias: 'none', n_frequency_pattern: {}, proportional_parameters: false,
    init_weights: true,
  },
  XLORA: {
    hidden_size: null, adapters: null, enable_softmax: true, enable_softmax_topk: false, layerwise_scalings: false,
    xlora_depth: 1, xlora_size: 2048, xlora_dropout_p: 0.2, use_trainable_adapters: false, softmax_temperature: 1.0,
    top_k_lora: null, scaling_pass_value: 0.0, global_scaling_weight: 1.0,
  },
  /** Removed from PEFT; MISS took its place. */
  BONE: { ...TARGETING, r: 64, init_weights: true, bias: 'none' },
};
