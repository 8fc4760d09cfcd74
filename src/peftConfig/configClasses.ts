/**
 * PEFT's config classes: the method each is of, and the arguments of its constructor in their order with their defaults
 * in Python's writing; None where there is no other.
 *
 * Source: the dataclasses of huggingface/peft 0.21; `BoneConfig`, which 0.21 no longer has, as of 0.17.
 */

export interface ConfigClass {
  readonly peftType: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** What every config class takes first. */
const COMMON = 'task_type peft_type auto_mapping peft_version base_model_name_or_path revision inference_mode=False';

const PROMPT = 'num_virtual_tokens token_dim num_transformer_submodules num_attention_heads num_layers modules_to_save';

const LORA =
  "r=8 target_modules exclude_modules lora_alpha=8 lora_dropout=0.0 fan_in_fan_out=False bias='none' " +
  'use_rslora=False modules_to_save init_lora_weights=True layers_to_transform layers_pattern ' +
  "rank_pattern={} alpha_pattern={} megatron_config megatron_core='megatron.core' trainable_token_indices " +
  'loftq_config={} eva_config corda_config lora_ga_config use_dora=False velora_config ' +
  'alora_invocation_tokens use_qalora=False qalora_group_size=16 monteclora_config layer_replication ' +
  'runtime_config lora_bias=False target_parameters use_bdlora arrow_config kasa_config ' +
  'ensure_weight_tying=False';

/** Name, peft_type, and the arguments after the common ones; what is named again only gets another default. */
const CLASSES: readonly (readonly [string, string, string])[] = [
  [
    'AdaLoraConfig',
    'ADALORA',
    LORA +
      ' rank_pattern target_r=8 init_r=12 tinit=0 tfinal=0 deltaT=1 beta1=0.85 beta2=0.85 orth_reg_weight=0.5 ' +
      'total_step',
  ],
  [
    'AdamssConfig',
    'ADAMSS',
    "r=100 num_subspaces=5 subspace_rank=1 target_modules init_weights='orthogonal' modules_to_save " +
      'layers_to_transform layers_pattern use_asa=False asa_target_subspaces=50 init_warmup=50 ' +
      'final_warmup=1000 mask_interval=100 asa_importance_beta=0.85 asa_uncertainty_beta=0.85 ' +
      'asa_schedule_exponent=3.0 use_dynamic_rank=False svd_threshold=0.1 random_seed=0',
  ],
  ['AdaptionPromptConfig', 'ADAPTION_PROMPT', 'target_modules adapter_len adapter_layers'],
  ['BeftConfig', 'BEFT', 'target_modules modules_to_save init_weights=True'],
  [
    'BOFTConfig',
    'BOFT',
    'boft_block_size=4 boft_block_num=0 boft_n_butterfly_factor=1 target_modules exclude_modules ' +
      "boft_dropout=0.0 fan_in_fan_out=False bias='none' modules_to_save init_weights=True layers_to_transform " +
      'layers_pattern',
  ],
  [
    'BoneConfig',
    'BONE',
    "r=64 target_modules exclude_modules init_weights=True layers_to_transform layers_pattern bias='none' " +
      'modules_to_save',
  ],
  [
    'C3AConfig',
    'C3A',
    "block_size=256 target_modules bias='none' modules_to_save layers_to_transform layers_pattern " +
      "block_size_pattern={} init_weights='xavier_uniform'",
  ],
  ['CartridgeConfig', 'CARTRIDGE', PROMPT + ' num_frozen_tokens=1'],
  [
    'CPTConfig',
    'CPT',
    PROMPT +
      " cpt_token_ids cpt_mask cpt_tokens_type_mask opt_weighted_loss_type='none' opt_loss_decay_factor=1.0 " +
      'opt_projection_epsilon=0.1 opt_projection_format_epsilon=0.1 tokenizer_name_or_path',
  ],
  [
    'DeftConfig',
    'DEFT',
    "r=8 target_modules exclude_modules decomposition_method='relu' init_scale=1.0 alpha para=False " +
      "fan_in_fan_out=False deft_dropout=0.0 init_weights=True layers_to_transform layers_pattern bias='none' " +
      'modules_to_save',
  ],
  [
    'DeloraConfig',
    'DELORA',
    "r=8 delora_lambda=15 module_dropout=0.0 target_modules exclude_modules bias='none' init_weights=True " +
      'layers_to_transform layers_pattern rank_pattern={} lambda_pattern={} modules_to_save',
  ],
  [
    'FourierFTConfig',
    'FOURIERFT',
    'n_frequency=1000 scaling=150.0 random_loc_seed=777 fan_in_fan_out=False target_modules exclude_modules ' +
      "bias='none' modules_to_save layers_to_transform layers_pattern n_frequency_pattern={} init_weights=False",
  ],
  [
    'FrodConfig',
    'FROD',
    'target_modules projection_prng_key=0 save_projection=True frod_dropout=0.0 fan_in_fan_out=False ' +
      "bias='none' modules_to_save init_weights=True layers_to_transform layers_pattern sparse_rate=0.01 " +
      'regularization_alpha=0.001 progressbar=True runtime_offload_base_weight=False',
  ],
  [
    'GloraConfig',
    'GLORA',
    "r=8 target_modules bias='none' modules_to_save config_A_B='lora' config_C='lora' config_D_E='constant' " +
      'init_weights=True',
  ],
  [
    'GraloraConfig',
    'GRALORA',
    "r=32 hybrid_r=0 target_modules alpha=64 gralora_dropout=0.0 gralora_k=2 fan_in_fan_out=False bias='none' " +
      'modules_to_save init_weights=True layers_to_transform layers_pattern',
  ],
  [
    'HiraConfig',
    'HIRA',
    'r=32 target_modules exclude_modules hira_dropout=0.0 fan_in_fan_out=False modules_to_save ' +
      'init_weights=True layers_to_transform layers_pattern rank_pattern={}',
  ],
  [
    'HRAConfig',
    'HRA',
    'r=8 apply_GS=False target_modules exclude_modules init_weights=True layers_to_transform layers_pattern ' +
      "bias='none' modules_to_save",
  ],
  [
    'IA3Config',
    'IA3',
    'target_modules exclude_modules feedforward_modules fan_in_fan_out=False modules_to_save ' +
      'init_ia3_weights=True',
  ],
  [
    'LilyConfig',
    'LILY',
    'r=32 stride_A=1 num_B=2 scaling=1.0 target_modules exclude_modules modules_to_save layers_to_transform ' +
      'layers_pattern init_weights=True',
  ],
  ['LNTuningConfig', 'LN_TUNING', 'target_modules exclude_modules modules_to_save'],
  [
    'LoHaConfig',
    'LOHA',
    'rank_pattern={} alpha_pattern={} r=8 alpha=8 rank_dropout=0.0 module_dropout=0.0 ' +
      'use_effective_conv2d=False target_modules exclude_modules init_weights=True layers_to_transform ' +
      'layers_pattern modules_to_save',
  ],
  [
    'LoKrConfig',
    'LOKR',
    'rank_pattern={} alpha_pattern={} r=8 alpha=8 rank_dropout=0.0 module_dropout=0.0 ' +
      'use_effective_conv2d=False decompose_both=False decompose_factor=-1 rank_dropout_scale=False ' +
      'target_modules exclude_modules init_weights=True layers_to_transform layers_pattern modules_to_save',
  ],
  ['LoraConfig', 'LORA', LORA],
  [
    'MissConfig',
    'MISS',
    'r=64 miss_dropout=0.0 mini_r=1 target_modules exclude_modules init_weights=True layers_to_transform ' +
      "layers_pattern bias='none' modules_to_save",
  ],
  [
    'MultitaskPromptTuningConfig',
    'MULTITASK_PROMPT_TUNING',
    PROMPT +
      " prompt_tuning_init='RANDOM' prompt_tuning_init_text tokenizer_name_or_path tokenizer_kwargs " +
      'prompt_tuning_init_state_dict_path prompt_tuning_init_task=0 num_ranks=1 num_tasks=1',
  ],
  [
    'OFTConfig',
    'OFT',
    "r=0 oft_block_size=32 module_dropout=0.0 target_modules fan_in_fan_out=False bias='none' exclude_modules " +
      'init_weights=True layers_to_transform layers_pattern modules_to_save coft=False eps=6e-05 ' +
      'block_share=False use_cayley_neumann=True num_cayley_neumann_terms=5',
  ],
  [
    'OSFConfig',
    'OSF',
    'effective_rank target_modules rank_pattern init_weights=True modules_to_save target_svd_config',
  ],
  [
    'PeanutConfig',
    'PEANUT',
    "r=32 depth=0 act_fn='relu' scaling=1.0 target_modules exclude_modules modules_to_save " +
      'layers_to_transform layers_pattern init_weights=True',
  ],
  [
    'PolyConfig',
    'POLY',
    "r=8 target_modules exclude_modules modules_to_save init_weights=True poly_type='poly' n_tasks=1 " +
      'n_skills=4 n_splits=1',
  ],
  ['PrefixTuningConfig', 'PREFIX_TUNING', PROMPT + ' init_weights encoder_hidden_size prefix_projection=False'],
  [
    'PromptEncoderConfig',
    'P_TUNING',
    PROMPT + " encoder_reparameterization_type='MLP' encoder_hidden_size encoder_num_layers=2 encoder_dropout=0.0",
  ],
  [
    'PromptTuningConfig',
    'PROMPT_TUNING',
    PROMPT + " prompt_tuning_init='RANDOM' prompt_tuning_init_text tokenizer_name_or_path tokenizer_kwargs",
  ],
  [
    'PsoftConfig',
    'PSOFT',
    'r=32 target_modules exclude_modules psoft_alpha=32 psoft_dropout=0.0 fan_in_fan_out=False ' +
      "ab_svd_init='psoft_init' psoft_svd='full' psoft_svd_lowrank_niter=10 random_seed=0 psoft_orth=True " +
      'psoft_mag_b=True psoft_mag_a=True use_cayley_neumann=False num_cayley_neumann_terms=5 cayley_neumann_eps ' +
      'modules_to_save init_weights=True layers_to_transform layers_pattern',
  ],
  [
    'PveraConfig',
    'PVERA',
    'r=256 target_modules projection_prng_key=0 save_projection=True pvera_dropout=0.0 d_initial=0.1 ' +
      "fan_in_fan_out=False bias='none' modules_to_save init_weights=True layers_to_transform layers_pattern " +
      'sample_at_inference=False generator_seed',
  ],
  [
    'RandLoraConfig',
    'RANDLORA',
    'r=32 target_modules projection_prng_key=0 save_projection=True sparse=False very_sparse=False ' +
      "randlora_dropout=0.0 fan_in_fan_out=False randlora_alpha=640 bias='none' modules_to_save " +
      'init_weights=True layers_to_transform layers_pattern',
  ],
  ['RoadConfig', 'ROAD', "variant='road_1' group_size=64 init_weights=True target_modules modules_to_save"],
  [
    'ShadowConfig',
    'SHADOW',
    'target_modules exclude_modules r=8 shadow_alpha=0.1 shadow_dropout=0.2 init_weights=True ' +
      "shadow_model='mirror' shadow_num_hidden_layers shadow_hidden_size shadow_num_attention_heads " +
      'shadow_intermediate_size share_embeddings=True update_hidden_size auxiliary_loss_weight=0.05 ' +
      'layers_to_transform layers_pattern modules_to_save',
  ],
  [
    'ShiraConfig',
    'SHIRA',
    "r=32 mask_type='random' random_seed target_modules fan_in_fan_out=False init_weights=True " + 'modules_to_save',
  ],
  [
    'SupertuningConfig',
    'SUPERTUNING',
    'target_modules modules_to_save sparsity=0.99 select_top=True r lora_alpha lora_dropout=0.0 ' +
      'init_weights=True save_precomputed_indices=True',
  ],
  [
    'TinyLoraConfig',
    'TINYLORA',
    'r=2 u=64 weight_tying=0.0 projection_seed=42 save_projection=True init_v_bound=0.02 target_modules ' +
      "tinylora_dropout=0.0 fan_in_fan_out=False bias='none' modules_to_save init_weights=True " +
      'layers_to_transform layers_pattern',
  ],
  ['TrainableTokensConfig', 'TRAINABLE_TOKENS', 'token_indices=[] target_modules init_weights=True'],
  [
    'UniLoraConfig',
    'UNILORA',
    "r=4 proj_seed=42 theta_d_length=256 target_modules unilora_dropout=0.0 fan_in_fan_out=False bias='none' " +
      'modules_to_save init_theta_d_bound=0.02 init_weights=True save_indices=False layers_to_transform ' +
      'layers_pattern',
  ],
  [
    'VBLoRAConfig',
    'VBLORA',
    'r=4 num_vectors=256 vector_length=256 topk=2 target_modules exclude_modules save_only_topk_weights=False ' +
      "vblora_dropout=0.0 fan_in_fan_out=False bias='none' modules_to_save init_vector_bank_bound=0.02 " +
      'init_logits_std=0.1 layers_to_transform layers_pattern',
  ],
  [
    'VeraConfig',
    'VERA',
    'r=256 target_modules projection_prng_key=0 save_projection=True vera_dropout=0.0 d_initial=0.1 ' +
      "fan_in_fan_out=False bias='none' modules_to_save init_weights=True layers_to_transform layers_pattern",
  ],
  [
    'WaveFTConfig',
    'WAVEFT',
    "n_frequency=2592 scaling=25.0 wavelet_family='db1' use_idwt=True random_loc_seed=777 " +
      "fan_in_fan_out=False target_modules exclude_modules bias='none' modules_to_save layers_to_transform " +
      'layers_pattern n_frequency_pattern={} proportional_parameters=False init_weights=True',
  ],
  [
    'XLoraConfig',
    'XLORA',
    'hidden_size adapters enable_softmax=True enable_softmax_topk=False layerwise_scalings=False ' +
      'xlora_depth=1 xlora_size=2048 xlora_dropout_p=0.2 use_trainable_adapters=False softmax_temperature=1.0 ' +
      'top_k_lora scaling_pass_value=0.0 global_scaling_weight=1.0',
  ],
];

const BY_NAME: ReadonlyMap<string, ConfigClass> = new Map(
  CLASSES.map(([name, peftType, own]) => [name, { peftType, fields: signature(`${COMMON} ${own}`) }]),
);

export const CONFIG_CLASS_NAMES: readonly string[] = [...BY_NAME.keys()];

/** Null for any other name. */
export function configClass(name: string): ConfigClass | null {
  return BY_NAME.get(name) ?? null;
}

/** Configs that are an argument of another, and their arguments in order; a file holds them as an object. */
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

/** Null for any other name. */
export function nestedConfigFields(name: string): readonly string[] | null {
  return NESTED.get(name) ?? null;
}

/** Enumerations, whose members stand for their own names. */
const ENUMERATIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['TaskType', ['SEQ_CLS', 'SEQ_2_SEQ_LM', 'CAUSAL_LM', 'TOKEN_CLS', 'QUESTION_ANS', 'FEATURE_EXTRACTION']],
  ['PeftType', CLASSES.map(([, peftType]) => peftType)],
  ['PromptTuningInit', ['TEXT', 'SAMPLE_VOCAB', 'RANDOM']],
  ['PromptEncoderReparameterizationType', ['MLP', 'LSTM']],
  ['MultitaskPromptTuningInit', 'TEXT RANDOM AVERAGE_SOURCE_TASKS EXACT_SOURCE_TASK ONLY_SOURCE_SHARED'.split(' ')],
]);

/** Null for any other name. */
export function enumMembers(name: string): readonly string[] | null {
  return ENUMERATIONS.get(name) ?? null;
}

/** Arguments in their order, each with its default after '='; None where there is no other. */
export function signature(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(' ').map((entry) => {
      const equals = entry.indexOf('=');
      return equals < 0 ? [entry, 'None'] : [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}
