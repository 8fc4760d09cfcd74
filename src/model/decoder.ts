/** What a decoder's config.json says of its forward pass: sizes, module table, family, activation. */

import { buildModuleTable, moduleTensors } from '../budget/moduleTable';
import type { ModuleTable } from '../budget/moduleTable';
import { readModelShape } from '../budget/readModelShape';
import type { ModelShape } from '../budget/modelShape';
import { gelu, geluTanh, relu, silu } from '../peft/activations';
import type { RawConfig } from '../peftConfig/configValues';
import { isObject } from '../peftConfig/configValues';
import { ConfigError } from '../peftConfig/errors';
import type { ScalarFunction } from '../tensor/layers/gatedUnit';
import type { Family } from './families';
import { familyOf, modelFamilies } from './families';

const USUAL_EPSILON = 1e-6;
const USUAL_ACTIVATION = 'silu';

/** The names that transformers gives the activations. */
const ACTIVATIONS: Readonly<Record<string, ScalarFunction>> = {
  silu,
  swish: silu,
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu,
};

export interface Decoder {
  readonly table: ModuleTable;
  readonly shape: ModelShape;
  readonly config: RawConfig;
  readonly family: Family;
  readonly activation: ScalarFunction;
  /** ε of the norms. */
  readonly epsilon: number;
}

/**
 * Reads the language model that a config.json describes, whatever class it names.
 * @throws ConfigError, UnknownArchitectureError
 */
export function readDecoder(given: unknown): Decoder {
  if (!isObject(given)) throw new ConfigError('(the model config)', given, 'a JSON object');
  const shape = readModelShape({ ...given, architectures: null });
  const family = familyOf(shape.modelType);
  if (!family) throw new ConfigError('model_type', shape.modelType, `one of ${modelFamilies().join(', ')}`);
  const { config } = shape;
  const name = config['hidden_act'] ?? USUAL_ACTIVATION;
  const activation = typeof name === 'string' && Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (!activation) throw new ConfigError('hidden_act', name, `one of ${Object.keys(ACTIVATIONS).join(', ')}`);
  const epsilon = config['rms_norm_eps'] ?? USUAL_EPSILON;
  if (typeof epsilon !== 'number' || !(epsilon >= 0))
    throw new ConfigError('rms_norm_eps', epsilon, 'a number of at least 0');
  if (shape.numHeads % shape.numKeyValueHeads !== 0)
    throw new ConfigError('num_key_value_heads', shape.numKeyValueHeads, `a divisor of ${shape.numHeads} heads`);
  return { table: buildModuleTable(shape), shape, config, family, activation, epsilon };
}

/** The tensors of a checkpoint that the model needs. A tied output layer has none of its own. */
export function decoderTensors({ table }: Decoder): { readonly name: string; readonly shape: readonly number[] }[] {
  return table.modules.filter(({ tied }) => !tied).flatMap(moduleTensors);
}
