/** The methods that `train` knows by name, each as an adapter before training. */

import type { ConfigObject } from '../../checkpoint/adapters/adapterConfigJson';
import { freshBottleneck } from '../../model/adapters/freshBottleneck';
import { startedPeft } from '../../model/adapters/startedPeft';
import type { RawConfig } from '../../peftConfig/configValues';
import type { Random } from '../../tensor/random';
import type { Tensor } from '../../tensor/tensor';
import type { ModelFolder } from './modelFolder';

interface MethodSettings {
  readonly rank: number;
  readonly alpha: number;
  /** `null` for the method's usual modules. */
  readonly targets: readonly string[] | null;
  readonly dropout: number;
  readonly virtualTokens: number;
  readonly bottleneckDim: number;
}

/** An adapter before training. */
export interface StartedAdapter {
  readonly config: ConfigObject;
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The name of the file of tensors, if it is not PEFT's. */
  readonly weightsName?: string;
}

interface TrainingMethod {
  /** Suits models with a few layers; larger ones need less. */
  readonly learningRate: number;
  readonly config: (settings: MethodSettings) => ConfigObject;
}

/** AdapterHub's name for the file of tensors. */
const BOTTLENECK_FILE = 'adapter.safetensors';
/** Learning rate of `--config` files and of bottleneck adapters. */
export const USUAL_LEARNING_RATE = 3e-3;

function lora(more: ConfigObject): TrainingMethod {
  return {
    learningRate: USUAL_LEARNING_RATE,
    config: ({ rank, alpha, targets, dropout }) => ({
      peft_type: 'LORA',
      r: rank,
      lora_alpha: alpha,
      lora_dropout: dropout,
      target_modules: targets ?? ['q_proj', 'v_proj'],
      ...more,
    }),
  };
}

export const PEFT_METHODS: Readonly<Record<string, TrainingMethod>> = {
  lora: lora({}),
  rslora: lora({ use_rslora: true }),
  dora: lora({ use_dora: true }),
  pissa: lora({ init_lora_weights: 'pissa' }),
  olora: lora({ init_lora_weights: 'olora' }),
  ia3: {
    learningRate: 3e-2,
    config: ({ targets }) => {
      const modules = targets ?? ['k_proj', 'v_proj', 'down_proj'];
      return {
        peft_type: 'IA3',
        target_modules: modules,
        feedforward_modules: modules.filter((name) => name.endsWith('down_proj')),
      };
    },
  },
  prefix: {
    learningRate: 3e-2,
    config: ({ virtualTokens }) => ({ peft_type: 'PREFIX_TUNING', num_virtual_tokens: virtualTokens }),
  },
  prompt: {
    learningRate: 3e-2,
    config: ({ virtualTokens }) => ({ peft_type: 'PROMPT_TUNING', num_virtual_tokens: virtualTokens }),
  },
};

/** AdapterHub's adapters in the order of their names; the value says whether they are parallel. */
export const BOTTLENECK_METHODS: Readonly<Record<string, boolean>> = { bottleneck: false, parallel: true };

/** A bottleneck adapter as AdapterHub saves it; PEFT has none. */
export function startBottleneck(
  { config }: ModelFolder,
  parallel: boolean,
  bottleneckDim: number,
  random: Random,
): StartedAdapter {
  const { tensors, adapterConfig } = freshBottleneck({ config, bottleneckDim, parallel, random });
  return { config: adapterConfig, tensors, weightsName: BOTTLENECK_FILE };
}

/**
 * An adapter with the settings of an adapter_config.json, whose other fields get PEFT's defaults.
 * @throws UnknownMethodError, BudgetError
 */
export function startPeft(model: ModelFolder, base: string, given: RawConfig, random: Random): StartedAdapter {
  const { config, tensors } = startedPeft({ config: model.config, tensors: model.tensors, path: base }, given, random);
  return { config: config as ConfigObject, tensors };
}
