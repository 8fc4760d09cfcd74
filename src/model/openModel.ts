/** A language model in a workspace of its own, from a checkpoint's tensors and, if any, an adapter's. */

import type { RawConfig } from '../peftConfig/configValues';
import { isObject } from '../peftConfig/configValues';
import { ConfigError } from '../peftConfig/errors';
import type { Random } from '../tensor/random';
import { Workspace } from '../tensor/workspace';
import { adapterHubAdapter, isAdapterHub } from './adapters/adapterHub';
import { combinedAdapters } from './adapters/combinedAdapters';
import { peftAdapter } from './adapters/peftAdapter';
import { buildModel } from './buildModel';
import type { NamedTensors } from './buildModel';
import { readDecoder } from './decoder';
import type { LanguageModel } from './languageModel';
import { NO_ADAPTER } from './modelAdapter';
import type { Parameter } from './parameter';

export interface ModelOptions {
  /** The parsed config.json. */
  readonly config: RawConfig;
  /** The tensors of the checkpoint by name. They are copied. */
  readonly tensors: NamedTensors;
  /** The parsed adapter_config.json of PEFT, or of AdapterHub for a bottleneck adapter. Absent for the model alone. */
  readonly adapterConfig?: RawConfig | null | undefined;
  /** The tensors of the adapter by name. They are copied. */
  readonly adapterTensors?: NamedTensors | undefined;
  /** Another adapter of PEFT on the same model, such as a prompt beside LoRA. */
  readonly secondAdapter?: { readonly config: RawConfig; readonly tensors: NamedTensors } | undefined;
}

export interface OpenModel {
  readonly model: LanguageModel;
  /** The tensors of the adapter, or all of the model's for full fine-tuning. */
  readonly parameters: readonly Parameter[];
}

/**
 * @param random the source of dropout; `null` switches it off.
 * @throws ConfigError, UnknownMethodError, UnknownArchitectureError; ShapeError for a tensor that is missing, has
 * another shape, or belongs nowhere.
 */
export function openModel(options: ModelOptions, random: Random | null): OpenModel {
  const { tensors, adapterConfig, adapterTensors = {} } = options;
  const decoder = readDecoder(options.config);
  const workspace = new Workspace();
  if (!adapterConfig) {
    const model = buildModel({ decoder, tensors, adapter: NO_ADAPTER, trainsBase: true }, workspace);
    return { model, parameters: model.trained };
  }
  if (!isObject(adapterConfig)) throw new ConfigError('(the adapter config)', adapterConfig, 'a JSON object');
  const sources = { decoder, config: adapterConfig, tensors: adapterTensors, workspace, random };
  if (isAdapterHub(adapterConfig)) {
    const adapter = adapterHubAdapter(sources);
    return {
      model: buildModel({ decoder, tensors, adapter, trainsBase: false }, workspace),
      parameters: adapter.parameters,
    };
  }
  const first = peftAdapter(sources);
  const second = options.secondAdapter && peftAdapter({ ...sources, ...options.secondAdapter });
  const adapter = second ? combinedAdapters(first.adapter, second.adapter) : first.adapter;
  const model = buildModel({ decoder, tensors, adapter, trainsBase: false }, workspace);
  for (const each of [first, second]) each?.saved.checkUsed();
  return { model, parameters: adapter.parameters };
}
