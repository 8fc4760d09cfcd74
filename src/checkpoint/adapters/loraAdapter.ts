/** Makes the two files of a LoRA adapter, as `PeftModel.save_pretrained` writes them for the same layers. */

import type { ConfigObject } from './adapterConfigJson';
import { CheckpointError } from '../errors';
import { quoted } from '../../peftConfig/quoted';
import type { TensorData } from '../safetensors/safetensorsWriter';

/** The PEFT version whose fields and defaults are written. */
const PEFT_VERSION = '0.21.0';

export interface LoraFactors {
  /** Path of the adapted module in its base model, 'model.layers.0.self_attn.q_proj'. */
  readonly module: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** A, (rank, inFeatures), row-major. */
  readonly a: Float32Array;
  /** B, (outFeatures, rank), row-major. */
  readonly b: Float32Array;
}

export interface LoraAdapterOptions {
  readonly rank: number;
  readonly alpha: number;
  readonly modules: readonly LoraFactors[];
  /** Value of `target_modules`. Default: the modules' own paths. */
  readonly targetModules?: readonly string[];
  readonly baseModel?: string;
  readonly taskType?: string;
  readonly useRslora?: boolean;
}

export interface AdapterFiles {
  /** For adapter_config.json, through `adapterConfigJson`. */
  readonly config: ConfigObject;
  /** For adapter_model.safetensors, through `encodeSafetensors`. */
  readonly tensors: readonly TensorData[];
}

/** Throws `CheckpointError` TensorInvalidInfo for a factor whose size does not match rank and features. */
export function loraAdapter(options: LoraAdapterOptions): AdapterFiles {
  const { rank, alpha, modules, baseModel = null, taskType = null, useRslora = false } = options;
  const factor = (
    module: string,
    letter: 'A' | 'B',
    values: Float32Array,
    shape: readonly [number, number],
  ): TensorData => {
    const expected = shape[0] * shape[1];
    if (values.length !== expected) {
      const sizes = `of shape [${shape.join(', ')}] has ${expected} entries, got ${values.length}`;
      const message = `${quoted(module)}: ${letter} ${sizes}`;
      throw new CheckpointError('TensorInvalidInfo', message, module);
    }
    return { name: `base_model.model.${module}.lora_${letter}.weight`, dtype: 'F32', shape, data: values };
  };
  return {
    tensors: modules.flatMap(({ module, inFeatures, outFeatures, a, b }) => [
      factor(module, 'A', a, [rank, inFeatures]),
      factor(module, 'B', b, [outFeatures, rank]),
    ]),
    config: {
      ...LORA_DEFAULTS,
      base_model_name_or_path: baseModel,
      lora_alpha: alpha,
      r: rank,
      target_modules: options.targetModules ?? modules.map(({ module }) => module),
      task_type: taskType,
      use_rslora: useRslora,
    },
  };
}

/** Every other field of PEFT's LoraConfig, with its default as PEFT saves it. */
const LORA_DEFAULTS: ConfigObject = {
  alora_invocation_tokens: null,
  alpha_pattern: {},
  arrow_config: null,
  auto_mapping: null,
  bias: 'none',
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  exclude_modules: null,
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  kasa_config: null,
  layer_replication: null,
  layers_pattern: null,
  layers_to_transform: null,
  loftq_config: {},
  lora_bias: false,
  lora_dropout: 0,
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: 'megatron.core',
  modules_to_save: null,
  monteclora_config: null,
  peft_type: 'LORA',
  peft_version: PEFT_VERSION,
  qalora_group_size: 16,
  rank_pattern: {},
  revision: null,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_dora: false,
  use_qalora: false,
  velora_config: null,
};
