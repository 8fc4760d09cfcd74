/** The lab's base model: its config.json, its weights before training, and its training. */

import type { NamedTensors } from '../model/buildModel';
import { decoderTensors, readDecoder } from '../model/decoder';
import { cosineSchedule } from '../model/learningRateSchedule';
import { openModel } from '../model/openModel';
import { ModelTrainer } from '../model/trainModel';
import type { Random } from '../tensor/random';
import { seededRandom } from '../tensor/random';
import { Tensor } from '../tensor/tensor';
import { drawBaseLine } from './baseFamilies';
import { drawTrained, trainingData } from './line';
import { BOS, PAD, STOP, VOCABULARY } from './vocabulary';

/** 154,304 parameters: small enough to train in seconds, large enough that its weights have a structure to adapt. */
export const BASE_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: VOCABULARY.length,
  hidden_size: 64,
  intermediate_size: 172,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  hidden_act: 'silu',
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  max_position_embeddings: 128,
  tie_word_embeddings: true,
  attention_bias: false,
  mlp_bias: false,
  bos_token_id: BOS,
  eos_token_id: STOP,
  pad_token_id: PAD,
  dtype: 'float32',
} as const;

interface BaseTrainingSettings {
  readonly seed: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly betas: readonly [number, number];
  readonly maxGradientNorm: number;
  /** The share of the steps in which the learning rate rises. */
  readonly warmup: number;
  /** The share of the learning rate that is left at the end. */
  readonly floor: number;
}

/** How the base is trained. */
export const BASE_TRAINING: BaseTrainingSettings = {
  seed: 1,
  steps: 3000,
  batchSize: 64,
  learningRate: 4e-3,
  betas: [0.9, 0.98],
  maxGradientNorm: 1,
  warmup: 0.05,
  floor: 0.05,
};

/** Standard deviation of the embedding, which is also the output layer. */
const EMBEDDING_DEVIATION = 0.1;
/** The layers that write to the residual stream start smaller, by the square root of how many there are. */
const RESIDUAL_LAYERS = /(o_proj|down_proj)\.weight$/;

/** The weights before training, drawn in the order of the checkpoint's tensors. */
export function freshBase(random: Random): NamedTensors {
  const layers = 2 * BASE_CONFIG.num_hidden_layers;
  return Object.fromEntries(
    decoderTensors(readDecoder(BASE_CONFIG)).map(({ name, shape }) => {
      if (shape.length === 1) return [name, Tensor.fromArray(new Float32Array(shape[0]!).fill(1), shape)];
      if (name.includes('embed')) return [name, Tensor.randn(shape, random, EMBEDDING_DEVIATION)];
      const residual = RESIDUAL_LAYERS.test(name) ? Math.sqrt(layers) : 1;
      return [name, Tensor.randn(shape, random, 1 / (Math.sqrt(shape[1]!) * residual))];
    }),
  );
}

/** The training of the base from its seed. The same seed gives the same weights to the last bit. */
export class BaseTraining {
  private readonly random: Random;
  private readonly trainer: ModelTrainer;

  constructor(private readonly settings: BaseTrainingSettings = BASE_TRAINING) {
    this.random = seededRandom(settings.seed);
    const { steps, warmup, floor } = settings;
    const schedule = cosineSchedule({ steps, warmup, floor });
    const opened = openModel({ config: BASE_CONFIG, tensors: freshBase(this.random) }, null);
    this.trainer = new ModelTrainer(opened, { ...settings, schedule });
  }

  /** One update on new lines. @returns the loss before it. */
  step(): number {
    const lines = Array.from({ length: this.settings.batchSize }, () => drawTrained(drawBaseLine, this.random));
    return this.trainer.step(this.trainer.batch(trainingData(lines)));
  }

  /** Copies of the weights. */
  tensors(): NamedTensors {
    return this.trainer.tensors();
  }

  dispose(): void {
    this.trainer.dispose();
  }
}
