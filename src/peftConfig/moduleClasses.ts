/**
 * PEFT's config classes of the methods that adapt modules, as rows of the table of `configTable.ts`.
 *
 * A row is the name of the class and the arguments of its constructor in their order, without the common ones. An
 * argument is `name=default`, with the default as Python writes it. A bare name has the default None. `name:float`
 * marks a float whose default does not show that it is one. A name that appears again changes its default, not its
 * place.
 *
 * Source: the dataclasses of huggingface/peft 0.21.
 */

import {
  FOURIERFT_SCALING,
  GRALORA_ALPHA,
  GRALORA_RANK,
  LILY_SCALING,
  LOHA_ALPHA,
  LOKR_ALPHA,
  PEANUT_SCALING,
  PSOFT_ALPHA,
  PSOFT_RANK,
  RANDLORA_ALPHA,
  RANDLORA_RANK,
  WAVEFT_SCALING,
} from './scalingDefaults';

export const ADAMSS = `AdamssConfig
  r=100 num_subspaces=5 subspace_rank=1 target_modules init_weights='orthogonal' modules_to_save layers_to_transform
  layers_pattern use_asa=False asa_target_subspaces=50 init_warmup=50 final_warmup=1000 mask_interval=100
  asa_importance_beta=0.85 asa_uncertainty_beta=0.85 asa_schedule_exponent=3.0 use_dynamic_rank=False
  svd_threshold=0.1 random_seed=0`;

export const ADAPTION_PROMPT = 'AdaptionPromptConfig target_modules adapter_len adapter_layers';

export const BEFT = 'BeftConfig target_modules modules_to_save init_weights=True';

export const BOFT = `BOFTConfig
  boft_block_size=4 boft_block_num=0 boft_n_butterfly_factor=1 target_modules exclude_modules boft_dropout=0.0
  fan_in_fan_out=False bias='none' modules_to_save init_weights=True layers_to_transform layers_pattern`;

export const C3A = `C3AConfig
  block_size=256 target_modules bias='none' modules_to_save layers_to_transform layers_pattern block_size_pattern={}
  init_weights='xavier_uniform'`;

export const DEFT = `DeftConfig
  r=8 target_modules exclude_modules decomposition_method='relu' init_scale=1.0 alpha para=False fan_in_fan_out=False
  deft_dropout=0.0 init_weights=True layers_to_transform layers_pattern bias='none' modules_to_save`;

export const DELORA = `DeloraConfig
  r=8 delora_lambda=15 module_dropout=0.0 target_modules exclude_modules bias='none' init_weights=True
  layers_to_transform layers_pattern rank_pattern={} lambda_pattern={} modules_to_save`;

export const FOURIERFT = `FourierFTConfig
  n_frequency=1000 scaling=${FOURIERFT_SCALING}.0 random_loc_seed=777 fan_in_fan_out=False target_modules
  exclude_modules bias='none' modules_to_save layers_to_transform layers_pattern n_frequency_pattern={}
  init_weights=False`;

export const FROD = `FrodConfig
  target_modules projection_prng_key=0 save_projection=True frod_dropout=0.0 fan_in_fan_out=False bias='none'
  modules_to_save init_weights=True layers_to_transform layers_pattern sparse_rate=0.01 regularization_alpha=0.001
  progressbar=True runtime_offload_base_weight=False`;

export const GLORA = `GloraConfig
  r=8 target_modules bias='none' modules_to_save config_A_B='lora' config_C='lora' config_D_E='constant'
  init_weights=True`;

export const GRALORA = `GraloraConfig
  r=${GRALORA_RANK} hybrid_r=0 target_modules alpha=${GRALORA_ALPHA} gralora_dropout=0.0 gralora_k=2
  fan_in_fan_out=False bias='none' modules_to_save init_weights=True layers_to_transform layers_pattern`;

export const HIRA = `HiraConfig
  r=32 target_modules exclude_modules hira_dropout=0.0 fan_in_fan_out=False modules_to_save init_weights=True
  layers_to_transform layers_pattern rank_pattern={}`;

export const HRA = `HRAConfig
  r=8 apply_GS=False target_modules exclude_modules init_weights=True layers_to_transform layers_pattern bias='none'
  modules_to_save`;

export const IA3 = `IA3Config
  target_modules exclude_modules feedforward_modules fan_in_fan_out=False modules_to_save init_ia3_weights=True`;

export const LILY = `LilyConfig
  r=32 stride_A=1 num_B=2 scaling=${LILY_SCALING}.0 target_modules exclude_modules modules_to_save layers_to_transform
  layers_pattern init_weights=True`;

export const LN_TUNING = 'LNTuningConfig target_modules exclude_modules modules_to_save';

export const LOHA = `LoHaConfig
  rank_pattern={} alpha_pattern={} r=8 alpha=${LOHA_ALPHA} rank_dropout=0.0 module_dropout=0.0
  use_effective_conv2d=False target_modules exclude_modules init_weights=True layers_to_transform layers_pattern
  modules_to_save`;

export const LOKR = `LoKrConfig
  rank_pattern={} alpha_pattern={} r=8 alpha=${LOKR_ALPHA} rank_dropout=0.0 module_dropout=0.0
  use_effective_conv2d=False decompose_both=False decompose_factor=-1 rank_dropout_scale=False target_modules
  exclude_modules init_weights=True layers_to_transform layers_pattern modules_to_save`;

export const MISS = `MissConfig
  r=64 miss_dropout=0.0 mini_r=1 target_modules exclude_modules init_weights=True layers_to_transform layers_pattern
  bias='none' modules_to_save`;

export const OFT = `OFTConfig
  r=0 oft_block_size=32 module_dropout=0.0 target_modules fan_in_fan_out=False bias='none' exclude_modules
  init_weights=True layers_to_transform layers_pattern modules_to_save coft=False eps=6e-05 block_share=False
  use_cayley_neumann=True num_cayley_neumann_terms=5`;

export const OSF =
  'OSFConfig effective_rank target_modules rank_pattern init_weights=True modules_to_save target_svd_config';

export const PEANUT = `PeanutConfig
  r=32 depth=0 act_fn='relu' scaling=${PEANUT_SCALING}.0 target_modules exclude_modules modules_to_save
  layers_to_transform layers_pattern init_weights=True`;

export const POLY = `PolyConfig
  r=8 target_modules exclude_modules modules_to_save init_weights=True poly_type='poly' n_tasks=1 n_skills=4
  n_splits=1`;

export const PSOFT = `PsoftConfig
  r=${PSOFT_RANK} target_modules exclude_modules psoft_alpha=${PSOFT_ALPHA} psoft_dropout=0.0 fan_in_fan_out=False
  ab_svd_init='psoft_init' psoft_svd='full' psoft_svd_lowrank_niter=10 random_seed=0 psoft_orth=True psoft_mag_b=True
  psoft_mag_a=True use_cayley_neumann=False num_cayley_neumann_terms=5 cayley_neumann_eps:float modules_to_save
  init_weights=True layers_to_transform layers_pattern`;

export const PVERA = `PveraConfig
  r=256 target_modules projection_prng_key=0 save_projection=True pvera_dropout=0.0 d_initial=0.1 fan_in_fan_out=False
  bias='none' modules_to_save init_weights=True layers_to_transform layers_pattern sample_at_inference=False
  generator_seed`;

export const RANDLORA = `RandLoraConfig
  r=${RANDLORA_RANK} target_modules projection_prng_key=0 save_projection=True sparse=False very_sparse=False
  randlora_dropout=0.0 fan_in_fan_out=False randlora_alpha=${RANDLORA_ALPHA} bias='none' modules_to_save
  init_weights=True layers_to_transform layers_pattern`;

export const ROAD = `RoadConfig variant='road_1' group_size=64 init_weights=True target_modules modules_to_save`;

export const SHADOW = `ShadowConfig
  target_modules exclude_modules r=8 shadow_alpha=0.1 shadow_dropout=0.2 init_weights=True shadow_model='mirror'
  shadow_num_hidden_layers shadow_hidden_size shadow_num_attention_heads shadow_intermediate_size
  share_embeddings=True update_hidden_size auxiliary_loss_weight=0.05 layers_to_transform layers_pattern
  modules_to_save`;

export const SHIRA = `ShiraConfig
  r=32 mask_type='random' random_seed target_modules fan_in_fan_out=False init_weights=True modules_to_save`;

export const SUPERTUNING = `SupertuningConfig
  target_modules modules_to_save sparsity=0.99 select_top=True r lora_alpha lora_dropout=0.0 init_weights=True
  save_precomputed_indices=True`;

export const TINYLORA = `TinyLoraConfig
  r=2 u=64 weight_tying=0.0 projection_seed=42 save_projection=True init_v_bound=0.02 target_modules
  tinylora_dropout=0.0 fan_in_fan_out=False bias='none' modules_to_save init_weights=True layers_to_transform
  layers_pattern`;

export const TRAINABLE_TOKENS = 'TrainableTokensConfig token_indices=[] target_modules init_weights=True';

export const UNILORA = `UniLoraConfig
  r=4 proj_seed=42 theta_d_length=256 target_modules unilora_dropout=0.0 fan_in_fan_out=False bias='none'
  modules_to_save init_theta_d_bound=0.02 init_weights=True save_indices=False layers_to_transform layers_pattern`;

export const VBLORA = `VBLoRAConfig
  r=4 num_vectors=256 vector_length=256 topk=2 target_modules exclude_modules save_only_topk_weights=False
  vblora_dropout=0.0 fan_in_fan_out=False bias='none' modules_to_save init_vector_bank_bound=0.02 init_logits_std=0.1
  layers_to_transform layers_pattern`;

export const VERA = `VeraConfig
  r=256 target_modules projection_prng_key=0 save_projection=True vera_dropout=0.0 d_initial=0.1 fan_in_fan_out=False
  bias='none' modules_to_save init_weights=True layers_to_transform layers_pattern`;

export const WAVEFT = `WaveFTConfig
  n_frequency=2592 scaling=${WAVEFT_SCALING}.0 wavelet_family='db1' use_idwt=True random_loc_seed=777
  fan_in_fan_out=False target_modules exclude_modules bias='none' modules_to_save layers_to_transform layers_pattern
  n_frequency_pattern={} proportional_parameters=False init_weights=True`;

export const XLORA = `XLoraConfig
  hidden_size adapters enable_softmax=True enable_softmax_topk=False layerwise_scalings=False xlora_depth=1
  xlora_size=2048 xlora_dropout_p=0.2 use_trainable_adapters=False softmax_temperature=1.0 top_k_lora
  scaling_pass_value=0.0 global_scaling_weight=1.0`;

/** Removed from PEFT in favour of MISS; as of 0.17. */
export const BONE = `BoneConfig
  r=64 target_modules exclude_modules init_weights=True layers_to_transform layers_pattern bias='none' modules_to_save`;
