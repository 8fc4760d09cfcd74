/** Makes the two files of a LoRA adapter, as `PeftModel.save_pretrained` writes them for the same layers. */

import type { ConfigObject } from './adapterConfigJson';
import { CheckpointError } from '../errors';
import { LORA } from '../../peftConfig/loraClasses';
import { quoted } from '../../peftConfig/quoted';
import { savedPeftConfig } from '../../peftConfig/peftConfigFile';
import type { TensorData } from '../safetensors/safetensorsWriter';

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
  /** Content of adapter_config.json, which `adapterConfigJson` writes. */
  readonly config: ConfigObject;
  /** Tensors of adapter_model.safetensors, which `encodeSafetensors` writes. */
  readonly tensors: readonly TensorData[];
  /** The name of the file of tensors, if it is not PEFT's. */
  readonly weightsName?: string;
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
    config: savedPeftConfig(LORA, {
      peft_type: 'LORA',
      base_model_name_or_path: baseModel,
      lora_alpha: alpha,
      r: rank,
      target_modules: options.targetModules ?? modules.map(({ module }) => module),
      task_type: taskType,
      use_rslora: useRslora,
    }) as ConfigObject,
  };
}
