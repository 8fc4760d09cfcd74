/**
 * The tensors of an adapter of PEFT before any training, under the names of its file and drawn as PEFT draws them:
 *
 *     LoRA     A uniform in ±1 / √inFeatures (Kaiming with a = √5), B zero; of an embedding, A zero and B N(0, 1)
 *     DoRA     the magnitude is the length of each row of W
 *     IA3      ones
 *     prompt   N(0, 1) for the virtual tokens, and likewise for the keys and values of a prefix
 *
 * `init_lora_weights` may also be 'gaussian', false, 'pissa' or 'olora'. Copies of the model's own modules and biases
 * start as they are in the model.
 *
 * Source: huggingface/peft 0.21, `reset_lora_parameters` and the prompt encoders.
 */

import { countAdapter } from '../../budget/adapterCount';
import { UnknownMethodError } from '../../budget/errors';
import { checkedSettings } from '../../peftConfig/adapterRules';
import { parseAdapterConfig } from '../../peftConfig/adapterConfig';
import { AdapterSettings } from '../../peftConfig/adapterSettings';
import type { RawConfig } from '../../peftConfig/configValues';
import { factorsOfWeight } from '../../peft/loraInit';
import { ShapeError } from '../../tensor/errors';
import type { Random } from '../../tensor/random';
import { Tensor } from '../../tensor/tensor';
import type { NamedTensors } from '../buildModel';
import { readDecoder } from '../decoder';
import type { Decoder } from '../decoder';
import { moduleScaling, weightInitialisation } from './loraMethod';
import { placeOf } from './savedAdapter';
import type { TensorPlace } from './savedAdapter';

interface FreshAdapterOptions {
  /** The parsed config.json, and the tensors of the checkpoint by name. */
  readonly config: RawConfig;
  readonly tensors: NamedTensors;
  /** The parsed adapter_config.json. */
  readonly adapterConfig: RawConfig;
  readonly random: Random;
}

/**
 * @throws UnknownMethodError for a method or an initialisation that cannot start here, and the errors of counting the
 * adapter.
 */
export function freshAdapter({ config, tensors, adapterConfig, random }: FreshAdapterOptions): Record<string, Tensor> {
  const decoder = readDecoder(config);
  const given = new AdapterSettings(adapterConfig);
  const { settings } = checkedSettings(given, given.method);
  checkStart(settings);
  const start = new Start(decoder, tensors, settings, random);
  const counted = countAdapter(decoder.table, adapterConfig).tensors;
  return Object.fromEntries(counted.map(({ name, shape }) => [name, start.tensor(placeOf(name), shape)]));
}

class Start {
  private readonly weightFactors = new Map<string, { readonly A: Tensor; readonly B: Tensor }>();

  constructor(
    private readonly decoder: Decoder,
    private readonly tensors: NamedTensors,
    private readonly settings: AdapterSettings,
    private readonly random: Random,
  ) {}

  tensor(place: TensorPlace, shape: readonly number[]): Tensor {
    switch (place.part) {
      case null:
        return this.own(place).clone();
      case 'lora_A':
        return this.factor(place, shape, 'A');
      case 'lora_B':
        return place.isBias ? Tensor.zeros(shape) : this.factor(place, shape, 'B');
      case 'lora_embedding_A':
        return Tensor.zeros(shape);
      case 'lora_embedding_B':
        return Tensor.randn(shape, this.random);
      case 'lora_magnitude_vector':
        return rowLengths(this.weightOf(place.module));
      case 'ia3_l':
        return filled(shape, () => 1);
      case 'prompt_embeddings':
        return this.virtualTokens(shape);
      default:
        throw new UnknownMethodError(`no start of training is known for the tensor '${place.part}'`);
    }
  }

  private factor({ module }: TensorPlace, shape: readonly number[], letter: 'A' | 'B'): Tensor {
    const { settings, random } = this;
    if (weightInitialisation(settings)) return this.factorsOf(module, shape, letter)[letter];
    const init = this.settings.raw('init_lora_weights');
    if (letter === 'B' && init !== false) return Tensor.zeros(shape);
    if (init === 'gaussian') return Tensor.randn(shape, random, 1 / shape[0]!);
    const bound = 1 / Math.sqrt(shape[1]!);
    return filled(shape, () => bound * (2 * random() - 1));
  }

  /** A and B as a part of the weight, computed once for both. */
  private factorsOf(
    module: string,
    shape: readonly number[],
    letter: 'A' | 'B',
  ): { readonly A: Tensor; readonly B: Tensor } {
    const known = this.weightFactors.get(module);
    if (known) return known;
    const rank = letter === 'A' ? shape[0]! : shape[1]!;
    const scaling = moduleScaling(module, rank, parseAdapterConfig(JSON.stringify(this.settings.config)));
    const factors = factorsOfWeight(weightInitialisation(this.settings)!, this.weightOf(module), rank, scaling);
    this.weightFactors.set(module, factors);
    return factors;
  }

  private virtualTokens(shape: readonly number[]): Tensor {
    const { settings, random, decoder } = this;
    if (settings.method === 'PREFIX_TUNING' && settings.text('init_weights') === 'zero') return Tensor.zeros(shape);
    if (settings.method !== 'PROMPT_TUNING' || settings.text('prompt_tuning_init') !== 'SAMPLE_VOCAB')
      return Tensor.randn(shape, random);
    const words = this.weightOf(decoder.table.inputEmbedding!);
    const [vocabulary, width] = [words.shape[0]!, words.shape[1]!];
    const tokens = Tensor.zeros(shape);
    for (let i = 0; i < shape[0]!; i++) {
      const word = Math.floor(random() * vocabulary) * width;
      tokens.data.set(words.data.subarray(word, word + width), i * width);
    }
    return tokens;
  }

  private weightOf(module: string): Tensor {
    return this.own({ key: `${module}.weight`, module, part: null, isBias: false });
  }

  private own({ key, module }: TensorPlace): Tensor {
    const { table } = this.decoder;
    const tied = table.modules.find(({ name }) => name === module)?.tied;
    const name = tied ? `${table.inputEmbedding}.weight` : key;
    if (Object.hasOwn(this.tensors, name)) return this.tensors[name]!;
    throw new ShapeError(`model tensor ${name}`, 'a tensor', 'none');
  }
}

const INITIALISATIONS: readonly unknown[] = [null, true, false, 'gaussian', 'pissa', 'olora'];

function checkStart(settings: AdapterSettings): void {
  const init = settings.raw('init_lora_weights');
  if (settings.method === 'LORA' && !INITIALISATIONS.includes(init))
    throw new UnknownMethodError(`init_lora_weights '${String(init)}' is not implemented for training`);
  if (settings.method === 'P_TUNING')
    throw new UnknownMethodError(
      'p-tuning trains an encoder that its file does not hold, and that is not implemented: train a prompt instead',
    );
  if (settings.method === 'PREFIX_TUNING' && settings.flag('prefix_projection'))
    throw new UnknownMethodError('prefix_projection trains a network that the file does not hold; not implemented');
  if (settings.method === 'PROMPT_TUNING' && settings.text('prompt_tuning_init') === 'TEXT')
    throw new UnknownMethodError("prompt_tuning_init 'TEXT' needs a tokenizer, and there is none here");
}

function rowLengths(weight: Tensor): Tensor {
  const [rows, columns] = [weight.shape[0]!, weight.shape[1]!];
  return filled([rows], (row) => {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += weight.data[row * columns + i]! ** 2;
    return Math.sqrt(sum);
  });
}

function filled(shape: readonly number[], value: (index: number) => number): Tensor {
  const tensor = Tensor.zeros(shape);
  for (let i = 0; i < tensor.size; i++) tensor.data[i] = value(i);
  return tensor;
}
