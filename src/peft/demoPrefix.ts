/**
 * The demo's prefix over four attention layers. It trains towards the outputs that the same attention gives with a
 * planted prefix of waves:
 *
 *     loss = Σ over layers of mean((attention(prefix) - attention(planted))²)
 */

import { addScaled } from '../tensor/elementwise';
import type { Random } from '../tensor/random';
import { Tensor } from '../tensor/tensor';
import { Adam } from './adam';
import { queriesAndKeys, waves } from './demoInputs';
import type { DemoPrefix, PrefixSnapshot } from './demoResult';
import { BATCHES, D_MODEL, NUM_HEADS, NUM_LAYERS, SEQUENCE, sequencesOf } from './demoSizes';
import { meanSquaredError } from './loss';
import { prefixAttention } from './prefixAttention';
import { PrefixTuning } from './prefixTuning';
import { recordTraining } from './trainingRecord';
import type { RecordingOptions } from './trainingRecord';

const D_HEAD = D_MODEL / NUM_HEADS;
/** Amplitude of the planted keys and values, which are as large as those of the tokens. */
const AMPLITUDE = 1.4;
const LEARNING_RATE = 0.03;

/** One layer's inputs, (batch, heads, tokens, dHead) each, and the output to approach. */
interface LayerInputs {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly target: Tensor;
}

export async function runPrefix(random: Random, recording: RecordingOptions): Promise<DemoPrefix> {
  const sizes = { numLayers: NUM_LAYERS, numHeads: NUM_HEADS, dHead: D_HEAD };
  const tuning = new PrefixTuning({ ...sizes, random });
  const planted = new PrefixTuning({ ...sizes, random });
  planted.prefix = plantedPrefix(planted, random);
  const batches = Array.from({ length: BATCHES }, (_, batch) => drawBatch(planted, sequencesOf(batch), random));
  const adam = new Adam({ learningRate: LEARNING_RATE });
  const training = await recordTraining<PrefixSnapshot>(
    {
      optimiser: `Adam, learning rate ${LEARNING_RATE}`,
      pass(step) {
        tuning.zeroGradient();
        return batches[step % BATCHES]!.reduce((loss, inputs, layer) => {
          const { output, backward } = attend(tuning, layer, inputs);
          const { value, gradOutput } = meanSquaredError(output, inputs.target);
          const { gradPrefixKey, gradPrefixValue } = backward(gradOutput);
          tuning.accumulateGradient(layer, gradPrefixKey, gradPrefixValue);
          return loss + value;
        }, 0);
      },
      snapshot: (step) => ({
        step,
        prefix: tuning.prefix.clone(),
        gradPrefix: tuning.gradPrefix!,
        attention: batches[0]!.map((inputs, layer) => {
          const { output, probabilities } = attend(tuning, layer, inputs);
          return { output, probabilities };
        }),
      }),
      update: () => adam.update(tuning.prefix, tuning.gradPrefix!),
    },
    recording,
  );
  return {
    numLayers: tuning.numLayers,
    numHeads: tuning.numHeads,
    dHead: tuning.dHead,
    prefixLength: tuning.prefixLength,
    numParameters: tuning.numParameters(),
    target: 'the attention outputs that a planted prefix of waves gives',
    start:
      'The prefix is almost zero: each of its keys gets about the same attention, and the values add almost nothing. No ' +
      'gradient is zero, but the values get the larger ones: a key matters only as far as its value differs from the output.',
    inputs: batches[0]!.map(({ query, key, value }, layer) => ({ layer, query, key, value })),
    training,
  };
}

function attend(tuning: PrefixTuning, layer: number, { query, key, value }: Omit<LayerInputs, 'target'>) {
  const [prefixKey, prefixValue] = tuning.getPrefix(layer);
  return prefixAttention({ query, key, value, prefixKey, prefixValue, causal: true });
}

function drawBatch(planted: PrefixTuning, sequences: number, random: Random): readonly LayerInputs[] {
  return Array.from({ length: NUM_LAYERS }, (_, layer) => {
    const { query, key } = queriesAndKeys(sequences, NUM_HEADS, SEQUENCE, D_HEAD, random);
    const inputs = { query, key, value: Tensor.randn(key.shape, random) };
    return { ...inputs, target: attend(planted, layer, inputs).output };
  });
}

/** Waves along the head dimension, finer from position to position. */
function plantedPrefix({ prefix, prefixLength }: PrefixTuning, random: Random): Tensor {
  const planted = Tensor.zeros(prefix.shape);
  const width = NUM_HEADS * D_HEAD;
  for (let part = 0; part < 2 * NUM_LAYERS; part++) {
    const size = prefixLength * width;
    const rows = new Tensor(planted.data.subarray(part * size, (part + 1) * size), [prefixLength, width]);
    addScaled(rows, waves(prefixLength, width, AMPLITUDE, random));
  }
  return planted;
}
