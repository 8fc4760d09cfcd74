/**
 * Bottleneck adapters of AdapterHub's library: 'layers.0.output_adapters.adapters.NAME.adapter_down.0.weight' and the
 * like. The config names the method, or holds its settings in `config`.
 */

import { UnknownMethodError } from '../../budget/errors';
import { gelu, geluTanh, relu, silu } from '../../peft/activations';
import type { RawConfig } from '../../peftConfig/configValues';
import { isObject } from '../../peftConfig/configValues';
import { ConfigError } from '../../peftConfig/errors';
import type { ScalarFunction } from '../../tensor/layers/gatedUnit';
import { ShapeError } from '../../tensor/errors';
import { checkShape, formatShape } from '../../tensor/tensor';
import type { Workspace } from '../../tensor/workspace';
import type { NamedTensors } from '../buildModel';
import type { Decoder } from '../decoder';
import type { JoinPlace, ModelAdapter } from '../modelAdapter';
import { NO_ADAPTER } from '../modelAdapter';
import { Parameter } from '../parameter';
import type { BottleneckSettings } from './bottleneck';
import { Bottleneck } from './bottleneck';

const NAME =
  /(?:^|\.)layers\.(\d+)\.(attention|output)_adapters\.adapters\.[^.]+\.(adapter_down|adapter_up)(?:\.0)?\.(weight|bias)$/;
const PLACES: Readonly<Record<string, JoinPlace>> = { attention: 'attention', output: 'feedForward' };

/** The settings of the library's named methods, as far as they differ from `SERIAL`. */
const SERIAL: RawConfig = {
  non_linearity: 'relu',
  scaling: 1,
  is_parallel: false,
  original_ln_before: true,
  original_ln_after: true,
  residual_before_ln: true,
};
const DOUBLE: RawConfig = { non_linearity: 'swish', original_ln_before: false };
const PARALLEL: RawConfig = { is_parallel: true, scaling: 4, original_ln_before: false };
const NAMED: Readonly<Record<string, RawConfig>> = {
  pfeiffer: {},
  seq_bn: {},
  houlsby: DOUBLE,
  double_seq_bn: DOUBLE,
  parallel: PARALLEL,
  par_bn: PARALLEL,
};
const ACTIVATIONS: Readonly<Record<string, ScalarFunction>> = {
  relu,
  swish: silu,
  silu,
  gelu,
  gelu_new: geluTanh,
};
/** Options that add tensors or change the computation. */
const UNKNOWN_OPTIONS = ['ln_before', 'ln_after', 'use_gating', 'phm_layer', 'inv_adapter', 'cross_adapter'];

/** Whether a config is AdapterHub's and not PEFT's. */
export function isAdapterHub(config: RawConfig): boolean {
  return !Object.hasOwn(config, 'peft_type') && Object.hasOwn(config, 'config');
}

/** @throws UnknownMethodError, ConfigError, ShapeError */
export function adapterHubAdapter(options: {
  readonly decoder: Decoder;
  readonly config: RawConfig;
  readonly tensors: NamedTensors;
  readonly workspace: Workspace;
}): ModelAdapter {
  const { decoder, tensors, workspace } = options;
  const settings = readBottleneck(options.config);
  const byPlace = new Map<string, Parameter>();
  const parameters = Object.entries(tensors).map(([name, tensor]) => {
    const match = NAME.exec(name);
    const place = match && Number(match[1]) < decoder.shape.numLayers ? PLACES[match[2]!] : undefined;
    if (!match || !place)
      throw new ShapeError(`adapter tensor ${name}`, 'a bottleneck of a layer of the model', formatShape(tensor.shape));
    const parameter = Parameter.copy(name, tensor, true, workspace);
    byPlace.set(`${match[1]}.${place}.${match[3]}.${match[4]}`, parameter);
    return parameter;
  });
  const { hiddenSize } = decoder.shape;
  return {
    ...NO_ADAPTER,
    parameters,
    join: (layer, place) => {
      const part = (name: string): Parameter | null => byPlace.get(`${layer}.${place}.${name}`) ?? null;
      const [down, up] = [part('adapter_down.weight'), part('adapter_up.weight')];
      if (!down && !up) return null;
      if (!down || !up) throw new ShapeError(`adapter of layer ${layer}`, 'adapter_down and adapter_up', 'one of them');
      const bottleneckDim = down.value.shape[0] ?? 0;
      checkShape(down.name, down.value, [bottleneckDim, hiddenSize]);
      checkShape(up.name, up.value, [hiddenSize, bottleneckDim]);
      const weights = { down, downBias: part('adapter_down.bias'), up, upBias: part('adapter_up.bias') };
      return new Bottleneck(weights, settings, workspace);
    },
  };
}

/** @throws UnknownMethodError, ConfigError */
function readBottleneck({ config: given }: RawConfig): BottleneckSettings {
  const own = isObject(given) ? given : typeof given === 'string' && Object.hasOwn(NAMED, given) ? NAMED[given]! : null;
  if (!own) throw new ConfigError('config', given, `an object or one of ${Object.keys(NAMED).join(', ')}`);
  const settings = { ...SERIAL, ...(own['is_parallel'] === true ? PARALLEL : {}), ...own };
  const unknown = UNKNOWN_OPTIONS.find((key) => settings[key]);
  if (unknown !== undefined) throw new UnknownMethodError(`a bottleneck adapter with '${unknown}' is not implemented`);
  const { non_linearity: name, scaling } = settings;
  const activation = typeof name === 'string' && Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (!activation) throw new ConfigError('non_linearity', name, `one of ${Object.keys(ACTIVATIONS).join(', ')}`);
  if (typeof scaling !== 'number') throw new ConfigError('scaling', scaling, 'a number');
  return {
    activation,
    scaling,
    parallel: settings['is_parallel'] === true,
    readsSum: settings['original_ln_before'] === true,
    keepsOutput: settings['residual_before_ln'] === true,
    addsResidual: settings['original_ln_after'] === true,
  };
}
