/**
 * Bottleneck adapters before any training, as AdapterHub's library makes them in every block: after the feed-forward
 * layer, or after the attention too (Houlsby et al. 2019). In series, the weights start as N(0, 0.02²) and the biases at zero ('bert'). In parallel, the way down starts
 * as a linear layer of PyTorch and the way up at zero ('mam_adapter'), so that the model is unchanged at first.
 *
 * Source: `Adapter.init_bert_weights` and the config classes of adapter-hub/adapters.
 */

import type { RawConfig } from '../../peftConfig/configValues';
import { checkPositiveInteger } from '../../tensor/errors';
import type { Random } from '../../tensor/random';
import { Tensor } from '../../tensor/tensor';
import { readDecoder } from '../decoder';

const ADAPTER_NAME = 'default';
/** Standard deviation of 'bert'. */
const SERIAL_DEVIATION = 0.02;

interface FreshBottleneckOptions {
  /** The parsed config.json. */
  readonly config: RawConfig;
  readonly bottleneckDim: number;
  readonly parallel: boolean;
  /** Whether the attention has an adapter too. Default false. */
  readonly afterAttention?: boolean;
  readonly random: Random;
}

/** @returns the tensors by the names of the file, and the content of its adapter_config.json. @throws ArgumentError */
export function freshBottleneck(options: FreshBottleneckOptions): {
  readonly tensors: Record<string, Tensor>;
  readonly adapterConfig: BottleneckConfig;
} {
  const { config, bottleneckDim, parallel, afterAttention = false, random } = options;
  checkPositiveInteger('freshBottleneck: bottleneckDim', bottleneckDim);
  const { hiddenSize, numLayers, modelType } = readDecoder(config).shape;
  const tensors: Record<string, Tensor> = {};
  const places = afterAttention ? ['attention_adapters', 'output_adapters'] : ['output_adapters'];
  const bound = 1 / Math.sqrt(hiddenSize);
  const uniform = (shape: readonly number[]): Tensor => {
    const tensor = Tensor.zeros(shape);
    for (let i = 0; i < tensor.size; i++) tensor.data[i] = bound * (2 * random() - 1);
    return tensor;
  };
  const normal = (shape: readonly number[]): Tensor => Tensor.randn(shape, random, SERIAL_DEVIATION);
  for (let layer = 0; layer < numLayers; layer++) {
    for (const place of places) {
      const path = `model.layers.${layer}.${place}.adapters.${ADAPTER_NAME}`;
      tensors[`${path}.adapter_down.0.weight`] = (parallel ? uniform : normal)([bottleneckDim, hiddenSize]);
      tensors[`${path}.adapter_down.0.bias`] = Tensor.zeros([bottleneckDim]);
      tensors[`${path}.adapter_up.weight`] = parallel
        ? Tensor.zeros([hiddenSize, bottleneckDim])
        : normal([hiddenSize, bottleneckDim]);
      tensors[`${path}.adapter_up.bias`] = Tensor.zeros([hiddenSize]);
    }
  }
  return {
    tensors,
    adapterConfig: {
      config: settingsOf(parallel, afterAttention, hiddenSize / bottleneckDim),
      config_id: null,
      hidden_size: hiddenSize,
      model_class: `${modelType.charAt(0).toUpperCase()}${modelType.slice(1)}AdapterModel`,
      model_name: null,
      model_type: modelType,
      name: ADAPTER_NAME,
    },
  };
}

type Setting = string | number | boolean | null | readonly string[];

interface BottleneckConfig {
  readonly [key: string]: Setting | { readonly [key: string]: Setting };
}

/** `SeqBnConfig`, `DoubleSeqBnConfig` or `ParBnConfig`, as far as they affect the adapter. */
function settingsOf(
  parallel: boolean,
  afterAttention: boolean,
  reductionFactor: number,
): { readonly [key: string]: Setting } {
  return {
    mh_adapter: afterAttention,
    output_adapter: true,
    reduction_factor: reductionFactor,
    non_linearity: 'relu',
    original_ln_before: !parallel && !afterAttention,
    original_ln_after: true,
    ln_before: false,
    ln_after: false,
    init_weights: parallel ? 'mam_adapter' : 'bert',
    is_parallel: parallel,
    scaling: parallel ? 4 : 1,
    use_gating: false,
    residual_before_ln: true,
    adapter_residual_before_ln: false,
    inv_adapter: null,
    cross_adapter: false,
    leave_out: [],
    dropout: 0,
  };
}
