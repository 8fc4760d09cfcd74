/** An adapter of PEFT before training: its complete adapter_config.json and its tensors. */

import { UnknownMethodError } from '../../budget/errors';
import type { ModelShape } from '../../budget/modelShape';
import { checkedSettings } from '../../peftConfig/adapterRules';
import { AdapterSettings } from '../../peftConfig/adapterSettings';
import { CONFIG_ROWS } from '../../peftConfig/configTable';
import type { RawConfig } from '../../peftConfig/configValues';
import { savedPeftConfig } from '../../peftConfig/peftConfigFile';
import type { Random } from '../../tensor/random';
import type { Tensor } from '../../tensor/tensor';
import type { NamedTensors } from '../buildModel';
import { readDecoder } from '../decoder';
import { freshAdapter } from './freshAdapter';

interface BaseModel {
  /** The parsed config.json, and the tensors of the checkpoint by name. */
  readonly config: RawConfig;
  readonly tensors: NamedTensors;
  /** What `base_model_name_or_path` says. */
  readonly path: string;
}

/**
 * @param given the settings of an adapter_config.json; the other fields get PEFT's defaults.
 * @throws UnknownMethodError, BudgetError
 */
export function startedPeft(
  base: BaseModel,
  given: RawConfig,
  random: Random,
): { readonly config: RawConfig; readonly tensors: Record<string, Tensor> } {
  const settings = new AdapterSettings(given);
  const row = CONFIG_ROWS.find(([peftType]) => peftType === settings.method)?.[1];
  if (row === undefined) throw new UnknownMethodError(`peft_type '${settings.method.slice(0, 40)}' is not one of PEFT`);
  const known = checkedSettings(settings, settings.method).settings.config;
  const config = savedPeftConfig(row, {
    ...known,
    peft_type: settings.method,
    task_type: known['task_type'] ?? 'CAUSAL_LM',
    base_model_name_or_path: base.path,
    ...promptSizes(settings.method, readDecoder(base.config).shape),
  });
  const { config: modelConfig, tensors } = base;
  return { config, tensors: freshAdapter({ config: modelConfig, tensors, adapterConfig: config, random }) };
}

/** What PEFT reads from the model when it makes virtual tokens, and then saves. */
function promptSizes(method: string, shape: ModelShape): RawConfig {
  const { numLayers, numHeads, numKeyValueHeads, hiddenSize, keyValueWidth } = shape;
  const common = { num_layers: numLayers, num_transformer_submodules: 1 };
  if (method === 'PROMPT_TUNING') return { ...common, num_attention_heads: numHeads, token_dim: hiddenSize };
  if (method !== 'PREFIX_TUNING') return {};
  // Keys and values are narrower than the model if queries share them.
  const width = { token_dim: keyValueWidth, encoder_hidden_size: keyValueWidth };
  return { ...common, num_attention_heads: numKeyValueHeads, ...width };
}
